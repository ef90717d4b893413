// Does one job with one peer in this process, and prints what it took as a line of JSON.

import { writeFileSync } from 'node:fs'
import { type Profiler, Session } from 'node:inspector'
import { type Job, keys, type Measurement, watcherCount } from './job.ts'
import type { OpenSuitePeer, SuitePeer } from './peer.ts'

const maxSamples = 400_000

/** Opens the peer, does the job, prints the measurement. */
export async function runChild(open: OpenSuitePeer): Promise<void> {
  // The parent passes it so.
  const job = JSON.parse(process.argv[2] ?? '') as Job
  const peer = await open(job)
  const result = await measure(peer, job)
  process.stdout.write(`${JSON.stringify(result)}\n`)
  await peer.close()
  // Some peers keep the process alive after their close.
  process.exit()
}

async function measure(peer: SuitePeer, job: Job): Promise<Measurement> {
  switch (job.work) {
    case 'watch':
    case 'watchers':
      await warmUp(job, () => watch(peer, job))
      return profiled(job, () => once(job.count, () => watch(peer, job)))
    case 'fan-out':
      await warmUp(job, () => fanOut(peer, job))
      return profiled(job, () => once(job.count, () => fanOut(peer, job)))
    case 'scan':
      return profiled(job, () =>
        once(job.count, async () => expectCount(await peer.scan?.(keys.scan), job)),
      )
    case 'leases':
      return keepLeases(peer, job)
    default:
      if (job.cold !== true) await drive(peer, job, job.seconds)
      return profiled(job, () => drive(peer, job, job.seconds))
  }
}

// As long as is measured: what a runtime compiles as it goes is no cost of an operation.
async function warmUp({ seconds, cold }: Job, run: () => Promise<unknown>): Promise<void> {
  if (cold === true) return
  const end = performance.now() + seconds * 1000
  do await run()
  while (performance.now() < end)
}

async function watch(peer: SuitePeer, { work, revision, count }: Job): Promise<void> {
  if (work === 'watch') {
    await peer.watch?.(keys.watch, revision, count)
    return
  }
  const each = count / watcherCount
  await Promise.all(
    Array.from({ length: watcherCount }, (_, index) =>
      peer.watch?.(`${keys.watch}${String(index).padStart(4, '0')}/`, revision, each),
    ),
  )
}

// Each put goes to every watcher of the key.
async function fanOut(peer: SuitePeer, { count }: Job): Promise<void> {
  const first = (await peer.put?.(keys.fanOut, 'x')) as { readonly revision: number } | undefined
  if (first === undefined) throw new Error('a client that puts is wanted')
  const puts = count / watcherCount
  const watching = Array.from({ length: watcherCount }, () =>
    peer.watch?.(keys.fanOut, first.revision + 1, puts),
  )
  for (let put = 0; put < puts; put++) await peer.put?.(keys.fanOut, 'x')
  await Promise.all(watching)
}

async function keepLeases(peer: SuitePeer, job: Job): Promise<Measurement> {
  for (let made = 0; made < job.count; made += 100) {
    await Promise.all(Array.from({ length: 100 }, () => peer.lease?.()))
  }
  // What making them has left to do.
  await pause(3000)
  return profiled(job, () => once(job.count, () => pause(job.seconds * 1000)))
}

// What profiling takes is in the measurement, which is of no use then.
async function profiled<T>({ profile }: Job, run: () => Promise<T>): Promise<T> {
  if (profile === undefined) return run()
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.start')
  const result = await run()
  session.post('Profiler.stop', (error, { profile: taken }: Profiler.StopReturnType) => {
    if (error !== null) throw error
    writeFileSync(profile, JSON.stringify(taken))
  })
  session.disconnect()
  return result
}

async function once(operations: number, run: () => Promise<unknown>): Promise<Measurement> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await run()
  const seconds = (performance.now() - start) / 1000
  return finish(operations, seconds, cpu, new Float64Array(0))
}

async function drive(peer: SuitePeer, job: Job, seconds: number): Promise<Measurement> {
  const value = 'x'.repeat(job.bytes)
  const samples = new Float64Array(maxSamples)
  let operations = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  const worker = async (): Promise<void> => {
    let began = performance.now()
    while (began < end) {
      await operate(peer, job, value)
      const now = performance.now()
      samples[operations++ % maxSamples] = now - began
      began = now
    }
  }
  await Promise.all(Array.from({ length: job.inFlight }, worker))
  const elapsed = (performance.now() - start) / 1000
  const taken = samples.subarray(0, Math.min(operations, maxSamples)).sort()
  return finish(operations, elapsed, cpu, taken)
}

async function operate(peer: SuitePeer, job: Job, value: string): Promise<unknown> {
  switch (job.work) {
    case 'put':
      return peer.put?.(keys.single, value)
    case 'get':
      return peer.get?.(keys.single)
    case 'txn':
      return peer.txn?.(keys.single, value)
    case 'list':
      return expectCount(await peer.list?.(keys.list), job)
    case 'lock':
      return (await peer.lock?.(keys.lock))?.()
    default:
      return setAndWait(peer, value)
  }
}

// A wait for a change that is there already is answered at once, and no client can be late for it.
async function setAndWait(peer: SuitePeer, value: string): Promise<unknown> {
  const index = await peer.put?.(keys.single, value)
  if (typeof index !== 'number') throw new Error(`the change has the index ${index}`)
  return peer.wait?.(keys.single, index)
}

function expectCount(found: number | undefined, { count }: Job): void {
  if (found !== count) throw new Error(`${found} entries found, not ${count}`)
}

function finish(
  operations: number,
  seconds: number,
  since: NodeJS.CpuUsage,
  sorted: Float64Array,
): Measurement {
  const { user, system } = process.cpuUsage(since)
  const at = (part: number): number => (sorted[Math.floor(sorted.length * part)] ?? 0) * 1000
  return {
    operations,
    seconds,
    cpuMicros: user + system,
    p50Micros: at(0.5),
    p99Micros: at(0.99),
    peakBytes: process.resourceUsage().maxRSS * 1024,
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
