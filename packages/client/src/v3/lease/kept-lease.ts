// When a lease is to be renewed, and until when it can be trusted.

import type { EtcdError } from '@etcdkit/protocol'

/** The part of its TTL after which a lease is renewed. */
const renewalPart = 1 / 3
/** How much earlier it may be renewed, to go along with others: a part of its TTL, and at most this long. */
const slackPart = 1 / 30
const longestSlackMs = 1000

/** Who wants to hear of the end of a lease. */
export interface LeaseHolder {
  /** The lease can no longer be trusted. */
  lost(reason: unknown): void
}

/**
 * The times of one lease. All that counts is when what the server has acknowledged was sent: the server cannot have
 * begun to count the TTL before that.
 */
export class KeptLease {
  readonly id: string
  readonly holders: Set<LeaseHolder> = new Set()
  /** What kept the lease from being renewed since it was renewed last. */
  trouble: EtcdError | undefined = undefined
  /** Whether it was told that the lease was not renewed when it was due. */
  isAtRisk = false
  #ttlMs: number
  #expiresAt: number
  #renewAt: number
  /** When the last renewal was sent. */
  #sentAt: number
  #isRefused = false

  constructor(id: string, ttlSeconds: number, sentAt: number) {
    this.id = id
    this.#ttlMs = ttlSeconds * 1000
    this.#sentAt = sentAt
    this.#expiresAt = sentAt + this.#ttlMs
    this.#renewAt = sentAt + this.#ttlMs * renewalPart
  }

  /** Until when the lease can be trusted. */
  get expiresAt(): number {
    return this.#expiresAt
  }

  /** When there is something to do. */
  get dueAt(): number {
    return Math.min(this.#renewAt, this.#expiresAt)
  }

  /** Whether the server refused the last renewal, and the stream with it. */
  get isRefused(): boolean {
    return this.#isRefused
  }

  /** Whether the lease is to be renewed now, or so soon that it may as well be now. */
  isDue(now: number): boolean {
    const slackMs = Math.min(this.#ttlMs * slackPart, longestSlackMs)
    return this.#renewAt - slackMs <= now
  }

  /** A renewal is sent. If it is not acknowledged until the next is due, something is wrong. */
  renewing(now: number): void {
    this.#sentAt = now
    this.#renewAt = now + this.#ttlMs * renewalPart
  }

  /** The server gave the lease `ttlSeconds` for what was sent at `sentAt`. */
  acknowledge(ttlSeconds: number, sentAt: number): void {
    this.#ttlMs = ttlSeconds * 1000
    this.#isRefused = false
    this.trouble = undefined
    this.#expiresAt = Math.max(this.#expiresAt, sentAt + this.#ttlMs)
    // An answer to an earlier renewal does not make up for a later one.
    if (sentAt < this.#sentAt) return
    this.#sentAt = sentAt
    this.#renewAt = sentAt + this.#ttlMs * renewalPart
  }

  /** The server refuses to renew the lease. It may do so later, while there is time. */
  refused(now: number): void {
    this.#isRefused = true
    this.#renewAt = now + this.#ttlMs * renewalPart
  }
}
