// What another process has used so far, as Linux tells it.

import { readFile } from 'node:fs/promises'

/** What a process has used. */
export interface ProcessUsage {
  /** Microseconds of CPU, user and system, since it began. */
  readonly cpuMicros: number
  /** Bytes of memory it has now. */
  readonly rssBytes: number
}

// `USER_HZ`, which is 100 on every Linux that Node runs on.
const microsPerTick = 10_000

/** Reads it; rejects where there is no `/proc`. */
export async function processUsage(pid: number): Promise<ProcessUsage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ])
  // The name, in parentheses, may have anything in it. After it the 12th and 13th are `utime` and `stime`: see proc(5).
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [user = 0, system = 0] = fields.slice(11, 13).map(Number)
  const rss = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]
  return { cpuMicros: (user + system) * microsPerTick, rssBytes: Number(rss) * 1024 }
}
