// Which endpoint gets the next call: those that work, in turn. Shared by gRPC and the gateway: it knows nothing of
// connections and keeps no timer. What fails is for its owner to tell.

import type { ClientEvent, EtcdError, EventSink } from '@etcdkit/protocol'
import type { Endpoint } from './endpoint.ts'
import type { EndpointHealth } from './endpoint-health.ts'

/** An endpoint as its transport keeps it. */
export interface Candidate {
  readonly endpoint: Endpoint
  readonly health: EndpointHealth
  /** A call can be sent there now. Where no connection has to be opened before: always. */
  readonly isOpen: boolean
  /** Sees to it that it will be open. Called again and again while it is not. */
  open(): void
}

/** What a balancer asks of its transport. */
export interface BalancerOwner<T extends Candidate> {
  /** Makes what stands for an endpoint of the list. */
  create(endpoint: Endpoint): T
  /** It is on the list no longer. */
  removed(candidate: T): void
  /**
   * Asks an ejected endpoint that is open for something that only a working member can answer, such as a linearizable
   * read; rejects if it does not. Begun when a pause is over and calls come by: who makes no calls sends nothing.
   */
  probe(candidate: T): Promise<unknown>
  /** Where to tell of changes; `undefined` while nobody listens. */
  sink(): EventSink | undefined
}

/**
 * Round robin over the endpoints that are open and healthy. One that fails is ejected at once, and comes back when a
 * probe has succeeded. While all are ejected each is offered in its turn: there is no state that rejects every call.
 */
export class Balancer<T extends Candidate> {
  readonly #owner: BalancerOwner<T>
  #candidates: readonly T[]
  #next: number
  #ejected = 0
  #offers = 0

  constructor(endpoints: readonly Endpoint[], owner: BalancerOwner<T>) {
    this.#owner = owner
    this.#candidates = endpoints.map((endpoint) => owner.create(endpoint))
    // Clients that start together should not all begin with the same member.
    this.#next = Math.floor(Math.random() * endpoints.length)
  }

  /** How many endpoints there are. */
  get size(): number {
    return this.#candidates.length
  }

  /** The list. */
  get candidates(): readonly T[] {
    return this.#candidates
  }

  /** The endpoint of the next call, or `undefined` after having seen to it that one will be open. */
  pick(): T | undefined {
    const candidates = this.#candidates
    const count = candidates.length
    if (this.#ejected > 0) this.#probeDue()
    for (let tried = 0; tried < count; tried++) {
      const candidate = candidates[this.#next++ % count]
      if (candidate === undefined) continue
      if (!candidate.isOpen) candidate.open()
      else if (candidate.health.isHealthy) return candidate
    }
    return this.#ejected > 0 ? this.#pickEjected() : undefined
  }

  /** Whether a call that is given up at this endpoint would have another one to go to. */
  hasOther(than: Candidate): boolean {
    return this.#candidates.some((each) => each !== than && each.isOpen && each.health.isHealthy)
  }

  /** A call was answered. While others work, an ejected endpoint comes back by its probe alone. */
  succeeded(candidate: T): void {
    if (candidate.health.isHealthy) candidate.health.timeouts = 0
    else if (this.#ejected === this.#candidates.length) this.restored(candidate)
  }

  /** The endpoint works again. */
  restored(candidate: T): void {
    const { health, endpoint } = candidate
    health.timeouts = 0
    if (health.isHealthy) return
    health.restore()
    if (!this.#candidates.includes(candidate)) return
    this.#ejected--
    this.#tell({ type: 'restored', endpoint: endpoint.url })
  }

  /**
   * The endpoint failed: it gets no calls until it has been probed, at the soonest after `pauseMs` (default: growing
   * pauses). A single endpoint that is open stays: there is no choice.
   */
  failed(candidate: T, error: EtcdError, pauseMs?: number): void {
    const { health, endpoint, isOpen } = candidate
    if (!this.#candidates.includes(candidate) || (this.size === 1 && isOpen)) return
    const wasHealthy = health.isHealthy
    const nextMs = health.eject(pauseMs)
    if (!wasHealthy) return
    this.#ejected++
    this.#tell({ type: 'ejected', endpoint: endpoint.url, error, pauseMs: nextMs })
  }

  /**
   * A call was not answered within `waitedMs`. That may be for the caller's short limit: one long wait, or several short
   * ones in a row without an answer between them, count as a failure.
   */
  timedOut(candidate: T, error: EtcdError, waitedMs: number): void {
    if (candidate.health.missed(waitedMs)) this.failed(candidate, error)
  }

  /** Replaces the list. What is on both stays as it is; what is on it no longer is handed to `removed`. */
  setEndpoints(endpoints: readonly Endpoint[]): void {
    const gone = new Map(this.#candidates.map((each) => [each.endpoint.url, each]))
    const added = endpoints.some(({ url }) => !gone.has(url))
    this.#candidates = endpoints.map((each) => gone.get(each.url) ?? this.#owner.create(each))
    for (const { url } of endpoints) gone.delete(url)
    this.#ejected = this.#candidates.filter(({ health }) => !health.isHealthy).length
    if (!added && gone.size === 0) return
    this.#tell({ type: 'endpoints-changed', endpoints: endpoints.map(({ url }) => url) })
    for (const candidate of gone.values()) this.#owner.removed(candidate)
  }

  #probeDue(): void {
    const now = performance.now()
    for (const candidate of this.#candidates) {
      const { health } = candidate
      if (!candidate.isOpen || !health.isDue(now)) continue
      health.isProbed = true
      this.#owner.probe(candidate).then(
        () => {
          health.isProbed = false
          this.restored(candidate)
        },
        (error: EtcdError) => {
          health.isProbed = false
          this.failed(candidate, error)
        },
      )
    }
  }

  // The one whose probe is due soonest of those that were offered least lately.
  #pickEjected(): T | undefined {
    let best: T | undefined
    for (const candidate of this.#candidates) {
      if (!candidate.isOpen) continue
      if (best === undefined || candidate.health.goesBefore(best.health)) best = candidate
    }
    if (best !== undefined) best.health.lastOffer = ++this.#offers
    return best
  }

  #tell(event: ClientEvent): void {
    this.#owner.sink()?.(event)
  }
}
