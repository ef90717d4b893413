// Keeps all leases of a client alive, with one stream and one timer.

import {
  EtcdError,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  Lease as LeaseService,
  type MessageStream,
} from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import { longestDelayMs } from '../clock.ts'
import { messageOf } from '../failure.ts'
import type { Granted } from './grant.ts'
import { KeptLease, type LeaseHolder } from './kept-lease.ts'
import type { LeaseContext } from './lease-context.ts'

type KeepAliveStream = MessageStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>

type State =
  /** Nothing is to be renewed yet. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'open'; readonly stream: KeepAliveStream; readonly openedAt: number }
  /** The stream broke; another will be opened. */
  | { readonly kind: 'waiting'; readonly timer: unknown }
  | { readonly kind: 'closed' }

/** A stream that lived this long has worked: the next is opened at once. */
const workedMs = 1000

/** The longest pause between two streams: the shortest TTLs leave less than two seconds. */
const longestPauseMs = 200

/**
 * Renews leases at a third of their TTL and gives them up when they cannot be trusted any more: at the time the last
 * acknowledged renewal was sent plus the TTL, or when the server says that there is no such lease. A broken stream, one
 * that the server ended, and one that leaves a renewal unanswered for a third of the TTL are replaced, and everything
 * is renewed at once. What a stream is refused for does not end a lease: it lives until its time is up.
 */
export class LeaseKeeper {
  readonly #context: LeaseContext
  readonly #backoff = new Backoff(longestPauseMs)
  readonly #leases = new Map<string, KeptLease>()
  #state: State = { kind: 'idle' }
  #timer: unknown = undefined
  #timerAt = Number.POSITIVE_INFINITY
  /** Why the last stream ended. */
  #lastError: unknown = undefined

  constructor(context: LeaseContext) {
    this.#context = context
  }

  /** Keeps a lease alive until it is dropped or lost. */
  keep({ id, ttlSeconds, sentAt }: Granted, holder: LeaseHolder): void {
    if (this.#state.kind === 'closed') {
      holder.lost(closedError())
      return
    }
    let lease = this.#leases.get(id)
    if (lease === undefined) {
      lease = new KeptLease(id, ttlSeconds, sentAt)
      this.#leases.set(id, lease)
    } else lease.acknowledge(ttlSeconds, sentAt)
    lease.holders.add(holder)
    this.#wakeAt(lease.dueAt)
  }

  /** Stops keeping a lease alive for `holder`. One that is not kept is fine. */
  drop(id: string, holder: LeaseHolder): void {
    const lease = this.#leases.get(id)
    if (lease === undefined || !lease.holders.delete(holder) || lease.holders.size > 0) return
    this.#leases.delete(id)
    if (this.#leases.size === 0) this.#rest()
  }

  /** The server has renewed a lease by other means. */
  renewed({ id, ttlSeconds, sentAt }: Granted): void {
    this.#leases.get(id)?.acknowledge(ttlSeconds, sentAt)
  }

  /** The leases that are kept alive. */
  get ids(): readonly string[] {
    return [...this.#leases.keys()]
  }

  /** Stops keeping anything alive: all leases are lost. */
  close(): void {
    this.#rest()
    this.#state = { kind: 'closed' }
    for (const lease of [...this.#leases.values()]) this.#lose(lease, closedError())
  }

  // --- Time ---

  #wakeAt(at: number): void {
    if (at >= this.#timerAt) return
    const { clock } = this.#context
    clock.clearTimeout(this.#timer)
    this.#timerAt = at
    const delayMs = Math.min(Math.max(0, Math.ceil(at - clock.now())), longestDelayMs)
    this.#timer = clock.setTimeout(() => this.#tick(), delayMs)
  }

  #tick(): void {
    this.#timerAt = Number.POSITIVE_INFINITY
    const now = this.#context.clock.now()
    const due: KeptLease[] = []
    for (const lease of [...this.#leases.values()]) {
      if (lease.expiresAt <= now) this.#lose(lease, this.#expired(lease))
      else if (lease.isDue(now)) due.push(lease)
    }
    if (due.some((lease) => lease.isAwaited)) this.#replace()
    else if (due.length > 0 && this.#canSend) this.#renew(due)
    this.#wakeForNext(now)
  }

  #wakeForNext(now: number): void {
    let next = Number.POSITIVE_INFINITY
    for (const lease of this.#leases.values()) {
      // What is overdue waits for a stream, so there is nothing to do but to give it up in time.
      next = Math.min(next, lease.dueAt > now ? lease.dueAt : lease.expiresAt)
    }
    this.#wakeAt(next)
  }

  // Nothing is kept any more, so nothing may stay behind.
  #rest(): void {
    const { clock } = this.#context
    const state = this.#state
    this.#state = { kind: 'idle' }
    if (state.kind === 'open') state.stream.cancel()
    else if (state.kind === 'waiting') clock.clearTimeout(state.timer)
    clock.clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  // --- The stream ---

  #renew(leases: Iterable<KeptLease>): void {
    const stream = this.#stream()
    const now = this.#context.clock.now()
    for (const lease of leases) {
      lease.renewing(now)
      stream.send({ ID: lease.id })
    }
    if (!this.#context.transport.fullDuplex) stream.end()
  }

  // Where nothing can be sent after the first answer, each round of renewals has a stream of its own.
  get #canSend(): boolean {
    const { kind } = this.#state
    return kind === 'idle' || (kind === 'open' && this.#context.transport.fullDuplex)
  }

  #stream(): KeepAliveStream {
    if (this.#state.kind === 'open') return this.#state.stream
    const { transport, clock } = this.#context
    const stream = transport.stream(LeaseService.leaseKeepAlive, { requireLeader: true })
    this.#state = { kind: 'open', stream, openedAt: clock.now() }
    this.#read(stream).catch((reason) => this.#ended(stream, reason))
    return stream
  }

  async #read(stream: KeepAliveStream): Promise<never> {
    for await (const response of stream) {
      if (this.#isCurrent(stream)) this.#answered(response)
    }
    throw new EtcdError('the server ended the stream', { code: 'unavailable' })
  }

  #answered({ ID, TTL }: LeaseKeepAliveResponse): void {
    const lease = this.#leases.get(ID)
    if (lease === undefined) return
    if (TTL > 0) lease.renewed(TTL)
    else this.#lose(lease, new EtcdError(`lease ${ID} not found`, { code: 'lease-not-found' }))
  }

  #ended(stream: KeepAliveStream, reason: unknown): void {
    const state = this.#state
    if (state.kind !== 'open' || state.stream !== stream) return
    this.#state = { kind: 'idle' }
    const { transport, clock } = this.#context
    const awaited = [...this.#leases.values()].some((lease) => lease.isAwaited)
    if (!transport.fullDuplex && !awaited) {
      this.#tick()
      return
    }
    this.#lastError = reason
    const aliveMs = clock.now() - state.openedAt
    if (aliveMs >= workedMs) {
      this.#backoff.reset()
      this.#renewAll()
      return
    }
    const timer = clock.setTimeout(() => this.#renewAll(), this.#backoff.next())
    this.#state = { kind: 'waiting', timer }
  }

  // The server leaves a renewal unanswered: another stream, perhaps to another member, may do better.
  #replace(): void {
    if (this.#state.kind !== 'open') return
    const { stream } = this.#state
    this.#lastError = new EtcdError('a renewal was not answered', { code: 'deadline-exceeded' })
    this.#state = { kind: 'idle' }
    stream.cancel()
    this.#renewAll()
  }

  #renewAll(): void {
    this.#state = { kind: 'idle' }
    for (const lease of this.#leases.values()) lease.displaced()
    if (this.#leases.size === 0) return
    this.#renew(this.#leases.values())
    this.#wakeForNext(this.#context.clock.now())
  }

  #isCurrent(stream: KeepAliveStream): boolean {
    return this.#state.kind === 'open' && this.#state.stream === stream
  }

  // --- The end of a lease ---

  #lose(lease: KeptLease, reason: unknown): void {
    this.#leases.delete(lease.id)
    for (const holder of lease.holders) holder.lost(reason)
    if (this.#leases.size === 0 && this.#state.kind !== 'closed') this.#rest()
  }

  #expired({ id }: KeptLease): EtcdError {
    const cause = this.#lastError
    const why = cause === undefined ? '' : `: ${messageOf(cause)}`
    return new EtcdError(`lease ${id} could not be renewed in time${why}`, {
      code: 'lease-expired',
      ...(cause !== undefined && { cause }),
    })
  }
}

function closedError(): EtcdError {
  return new EtcdError('the client is closed', { code: 'closed' })
}
