// The results as people read them: on the terminal, and as the table of `docs/performance.md`.

import { formatTable } from '../support/table.ts'
import { formatMicros } from './chart.ts'
import type { PeerFigures, RowResult, TargetResult } from './measure.ts'
import type { ProfilePart } from './profile.ts'
import type { ServerFigures } from './server-rows.ts'
import type { StartupFigures } from './startup.ts'

/** The rows as text for a terminal. */
export function terminalReport(rows: readonly RowResult[]): string {
  const header = ['work', 'peer', 'CPU/op', 'op/s', 'p50', 'p99', 'peak MB', 'spread']
  const lines = rows.flatMap(({ name, peers }) =>
    peers.map((figures) => [name, figures.peer, ...cellsOf(figures)]),
  )
  const targets = rows.flatMap(({ name, targets }) =>
    targets.map((target) => `${target.met ? 'met   ' : 'MISSED'} ${name}: ${targetText(target)}`),
  )
  return [formatTable(header, lines), '', ...targets].join('\n')
}

/** The rows as a table of Markdown. */
export function markdownReport(rows: readonly RowResult[]): string {
  const lines = rows.flatMap(({ name, ours, peers, targets }) =>
    peers.map((figures, index) => {
      const peer = figures.peer === ours ? `**${figures.peer}**` : figures.peer
      const own = targets.filter((target) => target.peer === figures.peer)
      const asked = own.map((target) => `${target.met ? '' : '**missed** '}${targetText(target)}`)
      return `| ${[index === 0 ? name : '', peer, ...cellsOf(figures), asked.join('; ')].join(' | ')} |`
    }),
  )
  return [
    '| work | peer | client CPU an operation | operations a second | p50 | p99 | peak MB | spread of CPU | ours to theirs |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |',
    ...lines,
  ].join('\n')
}

/** What a run was made on. */
export interface Machine {
  readonly cpus: number
  readonly model: string
  readonly memoryGiB: number
  readonly kernel: string
  readonly node: string
}

/** The machine in words. */
export function machineText({ cpus, model, memoryGiB, kernel, node }: Machine): string {
  return `Measured on ${cpus} cores (${model}), ${memoryGiB} GiB, Linux ${kernel}, Node ${node}.`
}

/** What clients cost before their first call, as a table of Markdown. */
export function markdownStartup(figures: readonly StartupFigures[]): string {
  const kB = (bytes: number): string =>
    (bytes / 1000).toLocaleString('en', { maximumFractionDigits: 0 })
  const lines = figures.map(
    ({ peer, importMs, firstCallMs, installedBytes, bundledBytes }) =>
      `| ${peer} | ${importMs.toFixed(1)} | ${firstCallMs.toFixed(1)} | ${kB(installedBytes)} | ${kB(bundledBytes)} |`,
  )
  return [
    '| client | imported in, ms | first answer after, ms | installed, kB | bundled and gzipped, kB |',
    '| --- | ---: | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}

/** The servers as a table of Markdown. */
export function markdownServers(rows: readonly ServerFigures[]): string {
  const lines = rows.map(({ work, server, perSecond, serverCpuMicros, rssBytes }) => {
    const rate = perSecond === 0 ? '' : Math.round(perSecond).toLocaleString('en')
    const cpu = perSecond === 0 ? '' : formatMicros(serverCpuMicros)
    return `| ${work} | ${server} | ${rate} | ${cpu} | ${(rssBytes / 1e6).toFixed(0)} |`
  })
  return [
    '| work | server | a second | server CPU of each | memory, MB |',
    '| --- | --- | ---: | ---: | ---: |',
    ...lines,
  ].join('\n')
}

/** The profiles of rows as a table of Markdown. */
export function markdownProfiles(
  rows: readonly { readonly name: string; readonly parts: readonly ProfilePart[] }[],
): string {
  const lines = rows.map(({ name, parts }) => {
    const told = parts.map(
      ({ who, part }) => `${who} ${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`,
    )
    return `| ${name} | ${told.join(', ')} |`
  })
  return ['| work | of the time measured, our process spent |', '| --- | --- |', ...lines].join(
    '\n',
  )
}

function cellsOf(figures: PeerFigures): string[] {
  const { cpuMicros, perSecond, p50Micros, p99Micros, peakBytes, spread } = figures
  const latency = (micros: number): string => (micros === 0 ? '' : formatMicros(micros))
  return [
    formatMicros(cpuMicros),
    Math.round(perSecond).toLocaleString('en'),
    latency(p50Micros),
    latency(p99Micros),
    (peakBytes / 1e6).toFixed(0),
    `${spread[0].toFixed(2)}..${spread[1].toFixed(2)}`,
  ]
}

const names = { cpu: 'CPU', rate: 'rate', p50: 'p50', peak: 'memory' } as const

function targetText({ figure, peer, ratio, measured }: TargetResult): string {
  const bound = figure === 'rate' ? 'at least' : 'at most'
  return `${names[figure]} ${measured.toPrecision(2)} of ${peer}'s (${bound} ${ratio})`
}
