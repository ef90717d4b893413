// What a peer's process is asked to do, and what it tells of it. The Go program speaks the same, see bench/peers/go.

/** What is measured. */
export type Work =
  | 'put'
  | 'get'
  | 'txn'
  | 'list'
  | 'scan'
  | 'watch'
  | 'watchers'
  | 'leases'
  | 'lock'
  | 'wait'
  | 'fan-out'

/** One measurement to make. */
export interface Job {
  readonly work: Work
  readonly endpoint: string
  /** Where clients are that only the suite has: a file beside their `node_modules`. */
  readonly peers: string
  /** The CA's certificate as a file, where the endpoint speaks TLS. */
  readonly ca?: string
  /** Calls under way at a time. */
  readonly inFlight: number
  readonly seconds: number
  /** Bytes of a value. */
  readonly bytes: number
  /** Of a list or scan, the keys; of a watch, the events; leases to keep. */
  readonly count: number
  /** Where a watch begins. */
  readonly revision: number
  /** Measure from the first call on, without a warm-up. Go knows no such job. */
  readonly cold?: boolean
  /** A file for a CPU profile of what is measured; Go's has none. */
  readonly profile?: string
}

/** What it took. */
export interface Measurement {
  readonly operations: number
  readonly seconds: number
  /** Microseconds of the process's CPU, user and system, for the whole of it. */
  readonly cpuMicros: number
  /** Microseconds from call to answer; 0 where there are none. */
  readonly p50Micros: number
  readonly p99Micros: number
  /** The most memory the process had, bytes. */
  readonly peakBytes: number
}

/** Keys of what is read, put there before. */
export const keys = {
  single: 'bench/key',
  list: 'bench/list/',
  scan: 'bench/scan/',
  watch: 'bench/watch/',
  lock: 'bench/lock',
  fanOut: 'bench/fan-out',
} as const

/** How many watchers share the events of `watchers`. */
export const watcherCount = 1000
