// Callbacks as promises: resolved with all that a callback is called with.

/** Resolves with the arguments of the first call of the callback that `begin` is given. */
export function called<A extends unknown[]>(
  begin: (callback: (...told: A) => void) => void,
): Promise<A> {
  return new Promise((resolve) => begin((...told) => resolve(told)))
}
