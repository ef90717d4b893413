// What may end a wait, as one signal: the caller's abort, a deadline, the end of a lease.

import { EtcdError } from '@etcdkit/protocol'
import { onAbort } from '../v3/abort.ts'
import type { Clock } from '../v3/clock.ts'
import { failure } from '../v3/failure.ts'

/** How long a wait may take. */
export interface WaitOptions {
  /** Ends the wait, which then rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Milliseconds the wait may take, 0 or `Infinity` for no limit. Default: no limit. */
  readonly timeoutMs?: number | undefined
}

/** One signal for all that may end a wait. */
export class Bounds {
  readonly #end = new AbortController()
  readonly #clock: Clock
  readonly #forget: (() => void)[] = []
  readonly #until: number
  readonly #caller: AbortSignal | undefined
  #timer: unknown = undefined

  constructor(clock: Clock, { signal, timeoutMs = 0 }: WaitOptions = {}) {
    this.#clock = clock
    this.#caller = signal
    const isBounded = timeoutMs > 0 && timeoutMs !== Number.POSITIVE_INFINITY
    this.#until = isBounded ? clock.now() + timeoutMs : Number.POSITIVE_INFINITY
    if (signal !== undefined) this.add(signal)
    if (!isBounded) return
    this.#timer = clock.setTimeout(() => {
      const fact = `it took longer than ${timeoutMs} ms`
      this.#end.abort(new EtcdError(fact, { code: 'deadline-exceeded' }))
    }, timeoutMs)
  }

  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** For a write within the bounds, which tells by itself whether it was applied when time is up. */
  get write(): Pick<WaitOptions, 'signal' | 'timeoutMs'> {
    const leftMs = this.#until - this.#clock.now()
    return {
      signal: this.#caller,
      timeoutMs: leftMs === Number.POSITIVE_INFINITY ? undefined : Math.max(1, leftMs),
    }
  }

  /** The wait ends with this signal, too. */
  add(signal: AbortSignal): this {
    if (signal.aborted) this.#end.abort(signal.reason)
    else this.#forget.push(onAbort(signal, () => this.#end.abort(signal.reason)))
    return this
  }

  /** The wait is over: nothing is left behind. */
  release(): void {
    for (const forget of this.#forget) forget()
    this.#clock.clearTimeout(this.#timer)
  }

  /** Settles as `promise` does, or rejects with the reason as soon as the wait has to end by what bounds it now. */
  race<T>(promise: Promise<T>): Promise<T> {
    const { signal } = this
    const isBound = this.#timer !== undefined || this.#forget.length > 0 || signal.aborted
    if (!isBound) return promise
    return new Promise((resolve, reject) => {
      const over = (): void => reject(signal.reason)
      if (signal.aborted) over()
      const forget = signal.aborted ? undefined : onAbort(signal, over)
      promise.then(resolve, reject).finally(forget)
    })
  }
}

/** Does `work` within `bounds`, and releases them when it is over. What it rejects with is told of `action`. */
export async function within<T>(
  bounds: Bounds,
  action: string,
  work: (bounds: Bounds) => Promise<T>,
): Promise<T> {
  try {
    return await work(bounds)
  } catch (error) {
    throw failure(action, error)
  } finally {
    bounds.release()
  }
}
