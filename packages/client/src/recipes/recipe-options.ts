// The checks of what recipes are given, before any I/O.

import { inputFailure } from '../v3/failure.ts'
import { typeName } from '../v3/key.ts'
import { assertInteger, assertOptions, readOptionNames } from '../v3/options.ts'
import type { SessionOptions } from './session.ts'

/** What `check` answers; what it throws is wrong input of `action`. */
export function checked<T>(action: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw inputFailure(action, error)
  }
}

/** Throws unless `value` is an integer of at least 1. `what`: what is missing if it is. */
export function assertPositive(value: number, name: string, what: string = name): void {
  if (value === undefined) throw new TypeError(`the ${what} is missing`)
  assertInteger(value, name, 1)
}

const sessionNames = /* @__PURE__ */ readOptionNames('ttlSeconds', 'lease')

/** Throws `TypeError` or `RangeError` for options of a session that cannot be. */
export function assertSessionOptions(options: SessionOptions): void {
  assertOptions(options, sessionNames)
  assertInteger(options.ttlSeconds, 'ttlSeconds', 1)
  if (options.lease !== undefined && options.ttlSeconds !== undefined) {
    throw new TypeError('a lease that exists has its ttlSeconds already')
  }
}

/** What every wait of a recipe takes. */
export interface WaitNames {
  readonly signal?: AbortSignal | undefined
  readonly timeoutMs?: number | undefined
  readonly ttlSeconds?: number | undefined
  readonly session?: object | undefined
}

/** Throws unless `options` has names out of `more`, `signal` and `timeoutMs` only, and they are what they should be. */
export function assertWaitOptions(options: WaitNames, ...more: readonly string[]): void {
  assertOptions(options, new Set(['signal', 'timeoutMs', ...more]))
  assertInteger(options.ttlSeconds, 'ttlSeconds', 1)
  const { session } = options
  if (session === undefined) return
  if (typeof session !== 'object' || session === null || !('seats' in session)) {
    throw new TypeError(`session is a Session, not ${typeName(session)}`)
  }
  if (options.ttlSeconds !== undefined) {
    throw new TypeError('a session has its ttlSeconds already')
  }
}
