// A row as a picture: a bar for each peer.

import type { PeerFigures, RowResult } from './measure.ts'

const barHeight = 22
const labelWidth = 90
const barWidth = 420
const width = labelWidth + barWidth + 120

/** An SVG of the client CPU an operation; shorter is better. */
export function chartOf({ name, ours, peers }: RowResult): string {
  const longest = Math.max(...peers.map(({ cpuMicros }) => cpuMicros))
  const height = 34 + peers.length * (barHeight + 6)
  const bars = peers.map((figures, index) =>
    bar(figures, { index, longest, own: figures.peer === ours }),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="13">`,
    `<title>${name}: client CPU an operation</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="8" y="20" font-weight="bold">${name}: client CPU an operation</text>`,
    ...bars,
    '</svg>',
    '',
  ].join('\n')
}

interface Place {
  readonly index: number
  readonly longest: number
  readonly own: boolean
}

function bar({ peer, cpuMicros }: PeerFigures, { index, longest, own }: Place): string {
  const y = 32 + index * (barHeight + 6)
  const length = Math.max(1, (cpuMicros / longest) * barWidth)
  const middle = y + barHeight - 6
  return [
    `<text x="8" y="${middle}">${peer}</text>`,
    `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="3" fill="${own ? '#2563eb' : '#9ca3af'}"/>`,
    `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${middle}">${formatMicros(cpuMicros)}</text>`,
  ].join('\n')
}

/** Microseconds as people read them: `3.8 us`, `17 ms`. */
export function formatMicros(micros: number): string {
  if (micros >= 1_000_000) return `${(micros / 1_000_000).toPrecision(3)} s`
  if (micros >= 10_000) return `${(micros / 1000).toPrecision(3)} ms`
  return `${Number(micros.toPrecision(3))} us`
}
