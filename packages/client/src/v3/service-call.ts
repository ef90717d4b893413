// One call of a service other than KV: the arguments checked before any I/O, the action put before what goes wrong.

import type { CallOptions, MessageInit, Transport, UnaryMethod } from '@etcdkit/protocol'
import { quoteText, textToBytes } from './bytes.ts'
import { typeName } from './key.ts'
import { assertOptions, type ReadOptions, readOptionNames, writeOptionNames } from './options.ts'
import { callVerb } from './verb-call.ts'

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

/** Checks, sends, answers. Rejects with `Cannot <action>: …`. */
export function callService<I extends object, O extends object, R>(
  transport: Transport,
  method: UnaryMethod<I, O>,
  { action, options, names, request, result, defaults }: ServiceCall<I, O, R>,
): Promise<R> {
  return callVerb(transport, method, {
    action: () => action,
    options,
    defaults,
    request: () => {
      if (options !== undefined) assertOptions(options, names)
      return request()
    },
    result,
  })
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
