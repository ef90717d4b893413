// One listener for each signal, however many calls wait for it: Node warns of a leak from the eleventh on.

interface Observer {
  readonly callbacks: Set<() => void>
  readonly tell: () => void
}

const observers = /* @__PURE__ */ new WeakMap<AbortSignal, Observer>()

/** Calls `callback` when `signal` aborts; answers what takes that back. A signal that is aborted already never calls. */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, tell } = observers.get(signal) ?? observe(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    if (callbacks.size > 0) return
    // The signal may outlive the client.
    signal.removeEventListener('abort', tell)
    observers.delete(signal)
  }
}

function observe(signal: AbortSignal): Observer {
  const callbacks = new Set<() => void>()
  const tell = (): void => {
    for (const callback of [...callbacks]) callback()
  }
  const observer = { callbacks, tell }
  observers.set(signal, observer)
  signal.addEventListener('abort', tell, { once: true })
  return observer
}
