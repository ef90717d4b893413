// Finds out about endpoints that fell silent while they had streams to tell something on. HTTP/1.1 has no PING: they
// are asked by a call.

import type { EtcdError } from '@etcdkit/protocol'
import { type Timer, unref } from '../timers.ts'
import type { GatewayEndpoint } from './gateway-endpoint.ts'

/** What liveness needs of its transport. */
export interface LivenessOwner {
  /** Resolves when the endpoint works, rejects when it does not. */
  probe(endpoint: GatewayEndpoint): Promise<void>
  /** It does not work: calls should go elsewhere. */
  lost(endpoint: GatewayEndpoint, error: EtcdError): void
}

/** Watches over endpoints for as long as they have streams. */
export class StreamLiveness {
  readonly #intervalMs: number
  readonly #owner: LivenessOwner
  readonly #timers = new Map<GatewayEndpoint, Timer>()

  /** `intervalMs`: the silence after which an endpoint is asked. */
  constructor(intervalMs: number, owner: LivenessOwner) {
    this.#intervalMs = intervalMs
    this.#owner = owner
  }

  /** The endpoint has a stream. */
  watch(endpoint: GatewayEndpoint): void {
    if (!this.#timers.has(endpoint)) this.#wakeIn(endpoint, this.#intervalMs)
  }

  /** Watches over nothing any more. */
  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer)
    this.#timers.clear()
  }

  #wakeIn(endpoint: GatewayEndpoint, delayMs: number): void {
    const timer = setTimeout(() => this.#wake(endpoint), delayMs)
    unref(timer)
    this.#timers.set(endpoint, timer)
  }

  #wake(endpoint: GatewayEndpoint): void {
    if (endpoint.streams.size === 0) {
      this.#timers.delete(endpoint)
      return
    }
    const silentMs = performance.now() - endpoint.heardAt
    if (silentMs < this.#intervalMs) this.#wakeIn(endpoint, this.#intervalMs - silentMs)
    else this.#ask(endpoint)
  }

  #ask(endpoint: GatewayEndpoint): void {
    // Those that are opened while it is asked may be fine.
    const streams = [...endpoint.streams]
    this.#owner.probe(endpoint).then(
      () => this.#answered(endpoint),
      // It rejects with nothing else.
      (error: EtcdError) => {
        if (!this.#timers.has(endpoint)) return
        this.#owner.lost(endpoint, error)
        for (const stream of streams) stream.lose(error)
        this.#answered(endpoint)
      },
    )
  }

  #answered(endpoint: GatewayEndpoint): void {
    if (this.#timers.has(endpoint)) this.#wakeIn(endpoint, this.#intervalMs)
  }
}
