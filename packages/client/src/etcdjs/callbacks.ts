// Callbacks: where they stand among arguments, and how they are called.

import { type EtcdjsError, errorOf } from './etcdjs-error.ts'

/** Options and callback of a verb whose options may be left out. */
export function optionsAndCallback<O extends object, C extends (...told: never[]) => void>(
  options: O | C | null | undefined,
  callback: C | undefined,
): [O, C] {
  const none = (() => undefined) as unknown as C
  // A function stands for the callback; and of options nothing is required.
  if (typeof options === 'function') return [{} as O, options as C]
  return [(options ?? {}) as O, callback ?? none]
}

/** Calls a callback with what becomes of a promise. What it throws is its own, and no rejection. */
export function tell<T>(
  result: Promise<T>,
  callback: (error: EtcdjsError | null, result?: T) => void = () => undefined,
): void {
  result.then(
    (value) => queueMicrotask(() => callback(null, value)),
    // What is none is an error all the same.
    (error: unknown) => queueMicrotask(() => callback(errorOf(error) as EtcdjsError)),
  )
}
