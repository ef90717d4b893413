// Runs one workload on one peer in this process, and prints what it took as a line of JSON.

import type { OpenPeer, Peer } from './peer.ts'

/** What is measured. */
export interface Workload {
  readonly operation: 'put' | 'get' | 'range'
  readonly inFlight: number
  readonly seconds: number
  readonly endpoint: string
}

/** What it took. */
export interface Measurement {
  readonly operations: number
  readonly perSecond: number
  /** Microseconds of this process's CPU for each operation. */
  readonly cpuMicros: number
  /** Microseconds from call to answer. */
  readonly p50Micros: number
  readonly p99Micros: number
}

const key = new TextEncoder().encode('bench/key')
const value = new Uint8Array(32).fill(120)
const rangeKey = new TextEncoder().encode('bench/range/')
const rangeEnd = new TextEncoder().encode('bench/range0')
const maxSamples = 200_000

/** Measures, after a warm-up of a third of the time. */
export async function runChild(open: OpenPeer): Promise<void> {
  // The parent passes it so.
  const workload = JSON.parse(process.argv[2] ?? '') as Workload
  const peer = await open(workload.endpoint)
  await drive(peer, workload, workload.seconds / 3)
  const result = await drive(peer, workload, workload.seconds)
  await peer.close()
  process.stdout.write(`${JSON.stringify(result)}\n`)
}

async function drive(peer: Peer, workload: Workload, seconds: number): Promise<Measurement> {
  const samples = new Float64Array(maxSamples)
  let operations = 0
  const cpu = process.cpuUsage()
  const start = performance.now()
  const end = start + seconds * 1000
  async function worker(): Promise<void> {
    let began = performance.now()
    while (began < end) {
      await once(peer, workload.operation)
      const now = performance.now()
      samples[operations++ % maxSamples] = now - began
      began = now
    }
  }
  await Promise.all(Array.from({ length: workload.inFlight }, worker))
  const elapsed = performance.now() - start
  const used = process.cpuUsage(cpu)
  const sorted = samples.subarray(0, Math.min(operations, maxSamples)).sort()
  return {
    operations,
    perSecond: (operations / elapsed) * 1000,
    cpuMicros: (used.user + used.system) / operations,
    p50Micros: (sorted[Math.floor(sorted.length * 0.5)] ?? 0) * 1000,
    p99Micros: (sorted[Math.floor(sorted.length * 0.99)] ?? 0) * 1000,
  }
}

function once(peer: Peer, operation: Workload['operation']): Promise<unknown> {
  switch (operation) {
    case 'put':
      return peer.put(key, value)
    case 'get':
      return peer.get(key)
    case 'range':
      return peer.range(rangeKey, rangeEnd)
  }
}
