// One listener for each signal, however many wait for it: Node warns of a leak from the eleventh on.

const observers = /* @__PURE__ */ new WeakMap<AbortSignal, Set<() => void>>()

/** Calls `callback` when `signal` aborts; answers what takes that back. A signal that is aborted already never calls. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const known = observers.get(signal) ?? observe(signal)
  known.add(callback)
  return () => {
    known.delete(callback)
  }
}

function observe(signal: AbortSignal): Set<() => void> {
  const callbacks = new Set<() => void>()
  observers.set(signal, callbacks)
  const aborted = (): void => {
    for (const callback of [...callbacks]) callback()
  }
  signal.addEventListener('abort', aborted, { once: true })
  return callbacks
}
