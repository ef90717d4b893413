// Bounds a wait, so that what never comes fails the test by name instead of hanging it.

const limitMs = 30_000

/** Resolves with the promise, or rejects after thirty seconds saying what did not come. */
export async function within<T>(
  promise: Promise<T>,
  what: string,
  detail: () => string = () => '',
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`${what}: not within ${limitMs} ms ${detail()}`.trimEnd()))
    }, limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
