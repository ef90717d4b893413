// Measures rows: peers take turns within a round, so that a noisy minute of the machine hits all of them.

import { median } from '../support/table.ts'
import type { Job, Measurement } from './job.ts'
import { npmPeers, type Programs } from './programs.ts'
import type { SuiteServer } from './servers.ts'
import type { Figure, PeerName, Row, Target } from './works.ts'

/** The figures of one peer: medians of the rounds. */
export interface PeerFigures {
  readonly peer: PeerName
  /** Microseconds of client CPU an operation (a lease: a second of 10,000 of them, in microseconds). */
  readonly cpuMicros: number
  readonly perSecond: number
  readonly p50Micros: number
  readonly p99Micros: number
  readonly peakBytes: number
  /** The lowest and highest CPU of the rounds, as parts of the median. */
  readonly spread: readonly [number, number]
  readonly rounds: number
}

/** What became of a target. */
export interface TargetResult extends Target {
  /** Ours as a part of theirs. */
  readonly measured: number
  readonly met: boolean
}

/** A row, measured. */
export interface RowResult {
  readonly name: string
  readonly ours: PeerName
  readonly peers: readonly PeerFigures[]
  readonly targets: readonly TargetResult[]
}

/** How to measure. */
export interface MeasureOptions {
  readonly rounds: number
  readonly seconds: number
  tell(line: string): void
}

/** Measures one row with the peers that are there. */
export async function measureRow(
  row: Row,
  { programs, server }: { readonly programs: Programs; readonly server: SuiteServer },
  { rounds, seconds, tell }: MeasureOptions,
): Promise<RowResult> {
  const job = await jobOf(row, server, seconds)
  const peers = row.peers.filter((peer) => programs.names.has(peer))
  // By round: what failed leaves a hole, so that rounds are compared with themselves.
  const measured = new Map<PeerName, Measurement[]>(peers.map((peer) => [peer, []]))
  for (let round = 0; round < Math.min(rounds, row.rounds ?? rounds); round++) {
    // Another one begins each time.
    for (const [index] of peers.entries()) {
      const peer = peers[(index + round) % peers.length]
      if (peer === undefined) continue
      try {
        const result = await programs.run(peer, job)
        const results = measured.get(peer)
        if (results !== undefined) results[round] = result
      } catch (error) {
        tell(`${row.name}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  const figures = [...measured].flatMap(([peer, results]) => {
    const done = Object.values(results)
    return done.length === 0 ? [] : [figuresOf(peer, done)]
  })
  const targets = row.targets.flatMap((target) =>
    resultOf(target, measured.get(row.ours) ?? [], measured.get(target.peer) ?? []),
  )
  return { name: row.name, ours: row.ours, peers: figures, targets }
}

/** The job of a row, with what it needs put into the server. */
export async function jobOf(
  row: Pick<Row, 'job'>,
  server: SuiteServer,
  seconds: number,
): Promise<Job> {
  const revision = await server.prepare(row)
  const { endpoint, ca } = server
  const base = { inFlight: 1, bytes: 32, count: 0, seconds, revision, endpoint, peers: npmPeers }
  return { ...base, ...row.job, ...(ca !== undefined && { ca }) }
}

function figuresOf(peer: PeerName, results: readonly Measurement[]): PeerFigures {
  const over = (figure: (result: Measurement) => number): number => median(results.map(figure))
  const cpus = results.map(({ cpuMicros, operations }) => cpuMicros / operations)
  const cpuMicros = median(cpus)
  return {
    peer,
    cpuMicros,
    perSecond: over(({ operations, seconds }) => operations / seconds),
    p50Micros: over(({ p50Micros }) => p50Micros),
    p99Micros: over(({ p99Micros }) => p99Micros),
    peakBytes: over(({ peakBytes }) => peakBytes),
    spread: [Math.min(...cpus) / cpuMicros, Math.max(...cpus) / cpuMicros],
    rounds: results.length,
  }
}

const figures: Readonly<Record<Figure, (result: Measurement) => number>> = {
  cpu: ({ cpuMicros, operations }) => cpuMicros / operations,
  rate: ({ operations, seconds }) => operations / seconds,
  p50: ({ p50Micros }) => p50Micros,
  peak: ({ peakBytes }) => peakBytes,
}

// The median of what each round says: both of a round had the machine in about the same mood.
function resultOf(
  target: Target,
  ours: readonly Measurement[],
  theirs: readonly Measurement[],
): TargetResult[] {
  const figure = figures[target.figure]
  const ratios = ours.flatMap((own, round) => {
    const other = theirs[round]
    return other === undefined ? [] : [figure(own) / figure(other)]
  })
  if (ratios.length === 0) return []
  const measured = median(ratios)
  const met = target.figure === 'rate' ? measured >= target.ratio : measured <= target.ratio
  return [{ ...target, measured, met }]
}
