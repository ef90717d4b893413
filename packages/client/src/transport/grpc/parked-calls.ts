// Calls that are not under way: they wait for a connection, for a token, or before they are sent again.

import type { Timer } from '../timers.ts'
import type { GrpcCall } from './call.ts'

/** Where calls wait. A call is in one place at most. */
export class ParkedCalls {
  readonly #connectionless = new Set<GrpcCall>()
  readonly #tokenless = new Set<GrpcCall>()
  readonly #pausing = new Map<GrpcCall, Timer>()

  /** Has a call wait for a connection. */
  awaitConnection(call: GrpcCall): void {
    this.#connectionless.add(call)
  }

  /** Has a call wait for a token; returns whether it is the first. */
  awaitToken(call: GrpcCall): boolean {
    this.#tokenless.add(call)
    return this.#tokenless.size === 1
  }

  /** Calls `then` with the call after `pauseMs`. */
  pause(call: GrpcCall, pauseMs: number, then: (call: GrpcCall) => void): void {
    const over = (): void => {
      this.#pausing.delete(call)
      then(call)
    }
    this.#pausing.set(call, setTimeout(over, pauseMs))
  }

  /** Whether the call waits for a connection. */
  lacksConnection(call: GrpcCall): boolean {
    return this.#connectionless.has(call)
  }

  /** Whether the call waits before it is sent again. */
  isPausing(call: GrpcCall): boolean {
    return this.#pausing.has(call)
  }

  /** Takes out those that wait for a connection. */
  takeConnectionless(): readonly GrpcCall[] {
    if (this.#connectionless.size === 0) return none
    const calls = [...this.#connectionless]
    this.#connectionless.clear()
    return calls
  }

  /** Takes out those that wait for a token. */
  takeTokenless(): readonly GrpcCall[] {
    const calls = [...this.#tokenless]
    this.#tokenless.clear()
    return calls
  }

  /** All of them. */
  all(): readonly GrpcCall[] {
    return [...this.#connectionless, ...this.#tokenless, ...this.#pausing.keys()]
  }

  /** The call is over: wherever it waited, it does no more. */
  remove(call: GrpcCall): void {
    if (this.#connectionless.size > 0) this.#connectionless.delete(call)
    if (this.#tokenless.size > 0) this.#tokenless.delete(call)
    if (this.#pausing.size === 0) return
    clearTimeout(this.#pausing.get(call))
    this.#pausing.delete(call)
  }
}

const none: readonly GrpcCall[] = []
