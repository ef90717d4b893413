// Tells a silent connection from a dead one: a PING after a silence, and an end when it stays unanswered.

/** What the watch over a connection needs. */
export interface LivenessOptions {
  /** Silence in milliseconds after which a PING is sent while streams are open. At least 5,000 for etcd. */
  readonly intervalMs: number
  /** Milliseconds a PING may stay unanswered. */
  readonly timeoutMs: number
  /** Whether streams are open: without them nothing is sent (gRPC servers count such PINGs as abuse). */
  readonly isBusy: () => boolean
  readonly sendPing: () => void
  /** No byte came since the PING. */
  readonly onDead: () => void
}

/**
 * One timer a connection, and none while it idles. Any received byte counts as an answer. Between two PINGs there is
 * at least the interval, also when the streams they were sent for are gone: one that is out is waited for.
 */
export class Liveness {
  readonly #options: LivenessOptions
  #timer: ReturnType<typeof setTimeout> | undefined
  #lastReceived = performance.now()
  #pingSent: number | undefined
  #lastPing = Number.NEGATIVE_INFINITY

  constructor(options: LivenessOptions) {
    this.#options = options
  }

  /** Bytes came. */
  received(): void {
    this.#lastReceived = performance.now()
  }

  /** A stream was opened. */
  watch(): void {
    if (this.#timer !== undefined) return
    const silence = performance.now() - this.#lastReceived
    this.#arm(Math.max(0, this.#options.intervalMs - silence))
  }

  /** When bytes came last, as `performance.now()` counts. */
  get lastReceived(): number {
    return this.#lastReceived
  }

  /**
   * Asks without waiting for a silence of the interval, unless the last PING is not that long ago. Returns for how many
   * milliseconds a PING has been out without any byte in answer; 0 if none is out.
   */
  ask(): number {
    const now = performance.now()
    const sent = this.#pingSent
    if (sent !== undefined && this.#lastReceived < sent) return now - sent
    if (now - this.#lastPing < this.#options.intervalMs) return 0
    clearTimeout(this.#timer)
    this.#ping(now)
    return 0
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  // The socket keeps the process alive while streams are open; the timer never does.
  #arm(delayMs: number): void {
    this.#timer = setTimeout(() => this.#tick(), delayMs)
    this.#timer.unref()
  }

  #tick(): void {
    this.#timer = undefined
    const now = performance.now()
    if (this.#pingSent !== undefined && this.#lastReceived >= this.#pingSent)
      this.#pingSent = undefined
    if (this.#pingSent !== undefined) {
      if (now - this.#pingSent >= this.#options.timeoutMs) this.#judge()
      else this.#arm(this.#options.timeoutMs - (now - this.#pingSent))
      return
    }
    if (!this.#options.isBusy()) return
    const silence = now - this.#lastReceived
    if (silence < this.#options.intervalMs) {
      this.#arm(this.#options.intervalMs - silence)
      return
    }
    this.#ping(now)
  }

  #ping(now: number): void {
    this.#pingSent = now
    this.#lastPing = now
    this.#options.sendPing()
    this.#arm(this.#options.timeoutMs)
  }

  // After a pause of the process its timers run before its sockets are read: read once, then decide.
  #judge(): void {
    const pingSent = this.#pingSent ?? 0
    this.#timer = setTimeout(() => {
      setImmediate(() => {
        // Stopped in the meantime.
        if (this.#timer === undefined) return
        this.#timer = undefined
        if (this.#lastReceived >= pingSent) this.watch()
        else this.#options.onDead()
      })
    }, 1)
    this.#timer.unref()
  }
}
