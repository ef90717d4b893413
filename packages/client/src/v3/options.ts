// The options that every verb takes, and the checks that options given from JavaScript need.

import { typeName } from './key.ts'

/** What every call takes. */
export interface ReadOptions {
  /** Ends the call, which then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the call rejects with `deadline-exceeded`; 0 or `Infinity` for no limit. */
  readonly timeoutMs?: number | undefined
  /** Metadata to send along. Names in lower case. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Have the server refuse the call when it has no leader. */
  readonly requireLeader?: boolean | undefined
  /** Send the call to this member, even one outside the configured endpoints. */
  readonly endpoint?: string | undefined
}

/** What every call that writes takes. */
export interface WriteOptions extends ReadOptions {
  /**
   * Send the write again when it is not known whether it was applied: it may then be applied twice.
   * Default: such a write rejects, and the error's `outcome` is `unknown`.
   */
  readonly repeatable?: boolean | undefined
}

const readNames = ['signal', 'timeoutMs', 'headers', 'requireLeader', 'endpoint'] as const

/** The names of {@link ReadOptions} and `more`. */
export function readOptionNames(...more: readonly string[]): ReadonlySet<string> {
  return new Set([...readNames, ...more])
}

/** The names of {@link WriteOptions} and `more`. */
export function writeOptionNames(...more: readonly string[]): ReadonlySet<string> {
  return new Set([...readNames, 'repeatable', ...more])
}

/** Throws unless `options` is an object with names out of `known` only, and the common ones are what they should be. */
export function assertOptions(options: ReadOptions, known: ReadonlySet<string>): void {
  assertNames(options, known)
  const { timeoutMs, signal } = options
  if (timeoutMs !== undefined && !(timeoutMs >= 0 && typeof timeoutMs === 'number')) {
    throw new RangeError(`timeoutMs is a number of at least 0, not ${String(timeoutMs)}`)
  }
  if (signal !== undefined && typeof signal?.aborted !== 'boolean') {
    throw new TypeError(`signal is an AbortSignal, not ${typeName(signal)}`)
  }
}

// The options that are booleans, whatever takes them.
const flags: ReadonlySet<string> = new Set([
  ...['previous', 'ignoreValue', 'ignoreLease', 'serializable', 'keysOnly', 'physical'],
  ...['requireLeader', 'repeatable', 'progressNotify', 'fragment'],
])

/** Throws unless `options` is an object with names out of `known` only, and booleans are what should be. */
export function assertNames(options: object, known: ReadonlySet<string>): void {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) {
    throw new TypeError(`options are an object, not ${typeName(options)}`)
  }
  for (const name in options) {
    if (!known.has(name)) throw new TypeError(`there is no option ${JSON.stringify(name)}`)
    // Just found to be there.
    if (flags.has(name)) assertBoolean(options[name as keyof typeof options], name)
  }
}

/** Throws unless `value` is left out or a safe integer of at least `least`. */
export function assertInteger(value: number | undefined, name: string, least = 0): void {
  if (value === undefined) return
  if (typeof value !== 'number') throw new TypeError(`${name} is a number, not ${typeName(value)}`)
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`${name} is an integer of at least ${least}, not ${value}`)
  }
}

/** Throws unless `value` is left out or a boolean. */
export function assertBoolean(value: unknown, name: string): void {
  if (value !== undefined && typeof value !== 'boolean') {
    throw new TypeError(`${name} is a boolean, not ${typeName(value)}`)
  }
}

/** What `table` has for `value`. Throws `TypeError` for a value it does not have. */
export function assertOneOf<T>(value: string, name: string, table: Readonly<Record<string, T>>): T {
  if (typeof value === 'string' && Object.hasOwn(table, value)) {
    // Just found to be there.
    return table[value] as T
  }
  const shown = typeof value === 'string' ? JSON.stringify(value) : typeName(value)
  throw new TypeError(`${name} is one of ${Object.keys(table).join(', ')}, not ${shown}`)
}
