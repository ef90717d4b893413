// Keeps all leases of a client alive, with one stream and one timer.

import { EtcdError, type LeaseKeepAliveResponse, Lease as LeaseService } from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import { longestDelayMs } from '../clock.ts'
import { isTokenRefusal, isTransient, messageOf } from '../failure.ts'
import type { Granted } from './grant.ts'
import { KeptLease, type LeaseHolder } from './kept-lease.ts'
import type { LeaseContext } from './lease-context.ts'
import { LeaseNews } from './lease-news.ts'
import { RenewalStream } from './renewal-stream.ts'

type State =
  /** Nothing is to be renewed yet. */
  | { readonly kind: 'idle' }
  | { readonly kind: 'open'; readonly stream: RenewalStream }
  /** The stream broke; another will be opened. */
  | { readonly kind: 'waiting'; readonly timer: unknown }
  | { readonly kind: 'closed' }

/** A stream that lived this long has worked: the next is opened at once. */
const workedMs = 1000

/** The longest pause between two streams; less where a lease has not so much time left. */
const longestPauseMs = 30_000
/** The part of its time left that a lease may spend on a pause. */
const pausePart = 1 / 10
/** The shortest TTLs leave less than two seconds; for no lease is a stream opened more often than this. */
const shortestPauseMs = 200

/**
 * Renews leases at a third of their TTL and gives them up when they cannot be trusted any more: at the time the last
 * acknowledged renewal was sent plus the TTL, or when the server says that there is no such lease. A broken stream, one
 * that the server ended, and one that leaves a renewal unanswered for a third of the TTL are replaced, and everything
 * is renewed at once. What a stream is refused for does not end a lease: it lives until its time is up.
 */
export class LeaseKeeper {
  readonly #context: LeaseContext
  readonly #news: LeaseNews
  readonly #backoff = new Backoff(longestPauseMs)
  readonly #leases = new Map<string, KeptLease>()
  #state: State = { kind: 'idle' }
  /** The stream before, whose answers were late: they are still of use. */
  #replaced: RenewalStream | undefined = undefined
  #timer: unknown = undefined
  #timerAt = Number.POSITIVE_INFINITY
  /** Why the last stream ended. */
  #lastError: EtcdError | undefined = undefined

  constructor(context: LeaseContext) {
    this.#context = context
    this.#news = new LeaseNews(context)
  }

  /** Keeps a lease alive until it is dropped or lost. */
  keep(granted: Granted, holder: LeaseHolder): void {
    if (this.#state.kind === 'closed') {
      holder.lost(closedError())
      return
    }
    const { id, ttlSeconds, sentAt } = granted
    let lease = this.#leases.get(id)
    if (lease === undefined) {
      lease = new KeptLease(id, ttlSeconds, sentAt)
      this.#leases.set(id, lease)
    } else this.renewed(granted)
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
    const lease = this.#leases.get(id)
    if (lease !== undefined) this.#acknowledge(lease, ttlSeconds, sentAt)
  }

  /** Gives a lease up whose time is over, should the timer be late: what runs for long holds timers up. */
  check(id: string): void {
    const lease = this.#leases.get(id)
    if (lease !== undefined && lease.expiresAt <= this.#context.clock.now()) {
      this.#lose(lease, this.#expired(lease))
    }
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
    if (due.some(({ id }) => this.#isAwaited(id))) this.#replace(due)
    else if (due.length > 0 && this.#canSend) this.#renew(due)
    else for (const lease of due) this.#news.atRisk(lease, this.#lastError)
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
    this.#dropReplaced()
    clock.clearTimeout(this.#timer)
    this.#timerAt = Number.POSITIVE_INFINITY
  }

  // --- The stream ---

  // The server ends a stream for one renewal that it refuses, so those come last.
  #renew(leases: Iterable<KeptLease>): void {
    const stream = this.#stream()
    const now = this.#context.clock.now()
    const inOrder = [...leases].sort((a, b) => Number(a.isRefused) - Number(b.isRefused))
    for (const lease of inOrder) {
      lease.renewing(now)
      stream.send(lease.id, now)
    }
    if (!this.#context.transport.fullDuplex) stream.end()
  }

  // Where nothing can be sent after the first answer, each round of renewals has a stream of its own.
  get #canSend(): boolean {
    const { kind } = this.#state
    return kind === 'idle' || (kind === 'open' && this.#context.transport.fullDuplex)
  }

  #stream(): RenewalStream {
    if (this.#state.kind === 'open') return this.#state.stream
    const { transport, clock } = this.#context
    const call = transport.stream(LeaseService.leaseKeepAlive, { requireLeader: true })
    const stream = new RenewalStream(call, clock.now())
    this.#state = { kind: 'open', stream }
    stream
      .run((answer, sentAt) => this.#answered(stream, answer, sentAt))
      .catch((reason) => this.#ended(stream, reason))
    return stream
  }

  #answered(stream: RenewalStream, { ID, TTL }: LeaseKeepAliveResponse, sentAt: number): void {
    const isCurrent = this.#isCurrent(stream)
    if (!isCurrent && stream !== this.#replaced) return
    if (isCurrent) this.#dropReplaced()
    const lease = this.#leases.get(ID)
    if (lease === undefined) return
    if (TTL > 0) this.#acknowledge(lease, TTL, sentAt)
    else this.#lose(lease, new EtcdError(`lease ${ID} not found`, { code: 'lease-not-found' }))
  }

  #acknowledge(lease: KeptLease, ttlSeconds: number, sentAt: number): void {
    lease.acknowledge(ttlSeconds, sentAt)
    this.#news.renewed(lease)
  }

  #ended(stream: RenewalStream, reason: unknown): void {
    if (stream === this.#replaced) this.#replaced = undefined
    if (!this.#isCurrent(stream)) return
    this.#state = { kind: 'idle' }
    const { awaited } = stream
    if (!this.#context.transport.fullDuplex && awaited.length === 0) {
      this.#tick()
      return
    }
    this.#broke(stream, reason)
    if (this.#context.clock.now() - stream.openedAt >= workedMs) {
      this.#backoff.reset()
      this.#renewAll()
    } else this.#pause()
  }

  #broke({ awaited, stream }: RenewalStream, reason: unknown): void {
    // Streams throw nothing else, but for what a caller aborts with, and nobody can abort this one.
    if (reason instanceof EtcdError) this.#lastError = reason
    if (isTokenRefusal(reason)) this.#context.transport.renewToken?.(stream)
    else if (!isTransient(reason)) {
      const [refused] = awaited
      if (refused !== undefined) this.#leases.get(refused)?.refused(this.#context.clock.now())
    }
    for (const id of awaited) {
      const lease = this.#leases.get(id)
      if (lease !== undefined) this.#news.atRisk(lease, this.#lastError)
    }
  }

  #pause(): void {
    const { clock } = this.#context
    let expiresAt = Number.POSITIVE_INFINITY
    for (const lease of this.#leases.values()) expiresAt = Math.min(expiresAt, lease.expiresAt)
    const longestMs = Math.max(shortestPauseMs, (expiresAt - clock.now()) * pausePart)
    const pauseMs = Math.min(this.#backoff.next(), longestMs)
    this.#state = { kind: 'waiting', timer: clock.setTimeout(() => this.#renewAll(), pauseMs) }
  }

  // The server leaves a renewal unanswered: another stream, perhaps to another member, may do better.
  #replace(due: readonly KeptLease[]): void {
    if (this.#state.kind !== 'open') return
    this.#dropReplaced()
    this.#replaced = this.#state.stream
    this.#lastError = new EtcdError('a renewal was not answered', { code: 'deadline-exceeded' })
    this.#state = { kind: 'idle' }
    for (const lease of due) this.#news.atRisk(lease, this.#lastError)
    this.#renewAll()
  }

  #renewAll(): void {
    this.#state = { kind: 'idle' }
    const now = this.#context.clock.now()
    const leases = [...this.#leases.values()].filter(
      (lease) => !lease.isRefused || lease.isDue(now),
    )
    if (leases.length > 0) this.#renew(leases)
    this.#wakeForNext(now)
  }

  #dropReplaced(): void {
    const replaced = this.#replaced
    this.#replaced = undefined
    replaced?.cancel()
  }

  #isCurrent(stream: RenewalStream): boolean {
    return this.#state.kind === 'open' && this.#state.stream === stream
  }

  #isAwaited(id: string): boolean {
    return this.#state.kind === 'open' && this.#state.stream.awaits(id)
  }

  // --- The end of a lease ---

  #lose(lease: KeptLease, reason: EtcdError): void {
    this.#leases.delete(lease.id)
    if (this.#state.kind !== 'closed') this.#news.lost(lease, reason)
    for (const holder of lease.holders) holder.lost(reason)
    if (this.#leases.size === 0 && this.#state.kind !== 'closed') this.#rest()
  }

  #expired({ id, trouble: cause }: KeptLease): EtcdError {
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
