// The embedded server beside a real etcd, with one client for both: puts, events to many watchers, memory.

import { median } from '../support/table.ts'
import type { Job } from './job.ts'
import { jobOf, type MeasureOptions } from './measure.ts'
import { type ProcessUsage, processUsage } from './process-usage.ts'
import type { Programs } from './programs.ts'
import { type SuiteServer, startServer } from './servers.ts'
import type { Row } from './works.ts'

/** Both servers. */
export const comparedServers = ['embedded', 'etcd'] as const

/** What a server did and took, medians of the rounds. */
export interface ServerFigures {
  readonly work: string
  readonly server: (typeof comparedServers)[number]
  /** Puts, or events that reached a watcher. 0 where only memory is of interest. */
  readonly perSecond: number
  /** Microseconds of the server's CPU for each. */
  readonly serverCpuMicros: number
  /** Of the server when it was done, the most of the rounds. */
  readonly rssBytes: number
}

type ServerRow = Pick<Row, 'name' | 'job'>

const rows: readonly ServerRow[] = [
  { name: 'put, 64 in flight', job: { work: 'put', inFlight: 64 } },
  { name: 'events, each put to 1,000 watchers', job: { work: 'fan-out', count: 200_000 } },
  { name: 'holding 100,000 keys of 100 B', job: { work: 'list', count: 100_000 } },
]

/** Measures all rows, the servers in turns. */
export async function measureServers(
  programs: Programs,
  options: MeasureOptions,
): Promise<ServerFigures[]> {
  const results: ServerFigures[] = []
  for (const row of rows) {
    options.tell(`measuring the servers: ${row.name}`)
    const taken = new Map(comparedServers.map((name) => [name, [] as Taken[]]))
    for (let round = 0; round < options.rounds; round++) {
      for (const name of comparedServers) {
        // A fresh one, so that its memory is that of this row.
        await using server = await startServer(name)
        taken.get(name)?.push(await measureOnce(row, { programs, server }, options.seconds))
      }
    }
    for (const [server, rounds] of taken) results.push(figuresOf(row.name, server, rounds))
  }
  return results
}

/** What one measurement took. */
interface Taken extends ProcessUsage {
  readonly operations: number
  readonly seconds: number
}

async function measureOnce(
  row: ServerRow,
  { programs, server }: { readonly programs: Programs; readonly server: SuiteServer },
  seconds: number,
): Promise<Taken> {
  const job = await jobOf(row, server, seconds)
  if (job.work === 'list') {
    return { ...(await processUsage(server.pid)), operations: 0, seconds }
  }
  // The first time is the server's warm-up, and the client has none: what it does then would be counted.
  const cold: Job = { ...job, cold: true }
  await programs.run('etcdkit', cold)
  const before = await processUsage(server.pid)
  const { operations, seconds: taken } = await programs.run('etcdkit', cold)
  const after = await processUsage(server.pid)
  const cpuMicros = after.cpuMicros - before.cpuMicros
  return { operations, seconds: taken, cpuMicros, rssBytes: after.rssBytes }
}

function figuresOf(
  work: string,
  server: ServerFigures['server'],
  rounds: readonly Taken[],
): ServerFigures {
  const over = (figure: (taken: Taken) => number): number => median(rounds.map(figure))
  return {
    work,
    server,
    perSecond: over(({ operations, seconds }) => operations / seconds),
    serverCpuMicros: over(({ operations, cpuMicros }) =>
      operations === 0 ? 0 : cpuMicros / operations,
    ),
    rssBytes: Math.max(...rounds.map(({ rssBytes }) => rssBytes)),
  }
}
