// Waits that can be cut short. `AbortSignal.any` is left alone: in Node 20 what it makes can be collected as garbage while
// somebody waits for it, and then never aborts.

/** Resolves after a time, or as soon as one of the signals is aborted. */
export function pause(ms: number, ...signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    if (signals.some(({ aborted }) => aborted)) {
      resolve()
      return
    }
    const end = (): void => {
      clearTimeout(timer)
      for (const signal of signals) signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    for (const signal of signals) signal.addEventListener('abort', end)
  })
}
