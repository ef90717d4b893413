// One call of a service other than KV: the arguments checked before any I/O, the action put before what goes wrong.

import type { CallOptions, MessageInit, Transport, UnaryMethod } from '@etcdkit/protocol'
import { quoteText, textToBytes } from './bytes.ts'
import { failure, inputFailure } from './failure.ts'
import { typeName } from './key.ts'
import { assertOptions, type ReadOptions, readOptionNames, writeOptionNames } from './options.ts'

/** What a call is made of, beside its method. */
export interface ServiceCall<I extends object, O extends object, R> {
  /** What the caller wants, for messages: `add user "alice"`. */
  readonly action: string
  readonly options: ReadOptions | undefined
  /** The options there are. */
  readonly names: ReadonlySet<string>
  /** Makes the request; throws `TypeError` or `RangeError` for bad input. */
  readonly request: () => MessageInit<I>
  /** Makes the answer of the response. */
  readonly result: (response: O) => R
  /** What goes for the call unless the caller's options say otherwise. */
  readonly defaults?: CallOptions
}

/** The options of a call that only reads. */
export const readNames: ReadonlySet<string> = /* @__PURE__ */ readOptionNames()

/** The options of a call that changes something. */
export const writeNames: ReadonlySet<string> = /* @__PURE__ */ writeOptionNames()

/** For calls that take as long as they take: no limit, unless the caller gives one. */
export const noLimit: CallOptions = { timeoutMs: 0 }

/** For calls that change nothing, whatever the method table has them as. */
export const onlyReads: CallOptions = { repeatable: true }

/** Checks, sends, answers. Rejects with `Cannot <action>: …`. */
export async function callService<I extends object, O extends object, R>(
  transport: Transport,
  method: UnaryMethod<I, O>,
  call: ServiceCall<I, O, R>,
): Promise<R> {
  const { action, options, names, defaults } = call
  let request: MessageInit<I>
  try {
    if (options !== undefined) assertOptions(options, names)
    request = call.request()
  } catch (error) {
    throw inputFailure(action, error)
  }
  try {
    return call.result(await transport.unary(method, request, callOptions(options, defaults)))
  } catch (error) {
    throw failure(action, error)
  }
}

/** The options of a call, with what goes unless they say otherwise. */
export function callOptions(
  options: CallOptions | undefined,
  defaults: CallOptions | undefined,
): CallOptions | undefined {
  if (defaults === undefined) return options
  if (options === undefined) return defaults
  const timeoutMs = options.timeoutMs ?? defaults.timeoutMs
  const repeatable = options.repeatable ?? defaults.repeatable
  return { ...options, timeoutMs, repeatable }
}

/** The result of calls that answer nothing. */
export function nothing(): undefined {
  return undefined
}

/** Throws `TypeError` unless `value` is text, not empty, that UTF-8 can carry. */
export function assertName(value: unknown, name: string): asserts value is string {
  assertText(value, name)
  if (value === '') throw new TypeError(`${name} is empty`)
}

/** Throws `TypeError` unless `value` is text that UTF-8 can carry. */
export function assertText(value: unknown, name: string): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`${name} is a string, not ${typeName(value)}`)
  try {
    textToBytes(value)
  } catch {
    throw new TypeError(`${name} has half a surrogate pair, which UTF-8 cannot carry`)
  }
}

/** A name as messages show it, whatever was given for one. */
export function describeName(value: unknown): string {
  return typeof value === 'string' ? quoteText(value) : typeName(value)
}
