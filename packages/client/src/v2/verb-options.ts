// What may be asked of the verbs, and the form fields it becomes.

/** Options of every call. */
export interface V2CallOptions {
  /** Ends the call, which then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the call rejects with `deadline-exceeded`; 0 or `Infinity` for no limit. Default: the client's. */
  readonly timeoutMs?: number | undefined
}

/** Options of reads. */
export interface V2GetOptions extends V2CallOptions {
  /** With everything below a directory. Default: its children alone. */
  readonly recursive?: boolean | undefined
  /** Children by key, in the order of their bytes. Default: false, in no order. */
  readonly sorted?: boolean | undefined
  /** Through the leader, so that nothing older is read than was written before. Default: false. */
  readonly quorum?: boolean | undefined
  /** The same as `quorum`, in the words of etcd 0.4; both are sent. */
  readonly consistent?: boolean | undefined
}

/** Options of `list`: as `get`, but sorted unless `sorted` is false. */
export type V2ListOptions = V2GetOptions

/** Options of writes. */
export interface V2WriteOptions extends V2CallOptions {
  /** Whole seconds until the key is removed; `null`: never. Default: the client's `ttlSeconds`. */
  readonly ttlSeconds?: number | null | undefined
}

/** Options of writes that can do without the node in the answer. */
export interface V2SetOptions extends V2WriteOptions {
  /** Answer with the action and index alone (etcd 2.3 and later). Default: false. */
  readonly noValueOnSuccess?: boolean | undefined
}

/** A condition on what is there. At least one of the two. */
export interface V2Condition {
  /** The value that must be there; not the empty one, which etcd does not compare. */
  readonly prevValue?: unknown
  /** The `modifiedIndex` that it must have, at least 1. */
  readonly prevIndex?: number | undefined
}

/** Options of `update`. */
export interface V2UpdateOptions extends V2SetOptions {
  /** Only if this is its `modifiedIndex`. */
  readonly prevIndex?: number | undefined
}

/** Options of `delete`. */
export interface V2DeleteOptions extends V2CallOptions, V2Condition {
  /** An empty directory as well. Default: false. */
  readonly dir?: boolean | undefined
  /** A directory with everything in it. Default: false. */
  readonly recursive?: boolean | undefined
}

/** Fields of a form or a query; what is `undefined` is left out. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>

/** The form of fields; empty if there are none. */
export function encodeFields(...groups: readonly Fields[]): string {
  let form = ''
  for (const fields of groups) {
    for (const name in fields) {
      const value = fields[name]
      if (value === undefined) continue
      form += `${form === '' ? '' : '&'}${name}=${encodeURIComponent(value)}`
    }
  }
  return form
}

/** Throws `TypeError` on options that the verb does not have, and on what signal and time limit cannot be. */
export function checkCallOptions(
  options: V2CallOptions | undefined,
  names: readonly string[],
): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw new TypeError('options must be an object')
  }
  for (const name of Object.keys(options)) {
    if (name !== 'signal' && name !== 'timeoutMs' && !names.includes(name)) {
      throw new TypeError(`there is no option ${JSON.stringify(name)}`)
    }
  }
  const { signal, timeoutMs } = options
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw new TypeError('signal must be an AbortSignal')
  }
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0)) {
    throw new RangeError(`timeoutMs must be a number of at least 0, not ${String(timeoutMs)}`)
  }
  for (const name of flagNames) {
    // Any object may be asked for any of its fields.
    const value = (options as Readonly<Record<string, unknown>>)[name]
    if (value !== undefined && typeof value !== 'boolean') {
      throw new TypeError(`${name} must be a boolean`)
    }
  }
}

const flagNames = [
  'recursive',
  'sorted',
  'quorum',
  'consistent',
  'noValueOnSuccess',
  'dir',
  'exclusive',
  'stream',
]

// Beyond it etcd counts in nanoseconds of 64 bits, and keeps the key for ever.
const longestTtlSeconds = 9_000_000_000

/** Throws `RangeError` on what is no time to live. */
export function checkTtl(ttlSeconds: unknown): asserts ttlSeconds is number {
  if (
    !Number.isInteger(ttlSeconds) ||
    Number(ttlSeconds) < 0 ||
    Number(ttlSeconds) > longestTtlSeconds
  ) {
    throw new RangeError(
      `ttlSeconds must be a whole number from 0 to ${longestTtlSeconds}, not ${String(ttlSeconds)}`,
    )
  }
}

/** Throws `RangeError` on what is no index of a change. 0 would be no condition at all. */
export function checkIndex(name: string, index: unknown): asserts index is number {
  if (!Number.isSafeInteger(index) || Number(index) < 1) {
    throw new RangeError(`${name} must be a whole number of at least 1, not ${String(index)}`)
  }
}
