// Simple tokens: who they stand for, and for how long. What a token looks like is its maker's business.

import type { Clock } from '../clock.ts'
import { RegularCheck } from '../regular-check.ts'

/** How often expired tokens are looked for, as in etcd. */
const checkMs = 1000
/** Tokens at a time; beyond them those longest unused are forgotten. etcd has no such limit. */
const maxTokens = 100_000

interface Token {
  readonly username: string
  expiresAt: number
}

/** All tokens. */
export class Tokens {
  readonly #clock: Clock
  readonly #ttlMs: number
  readonly #expiry: RegularCheck
  /** The one longest unused first, which is the first to expire. */
  readonly #tokens = new Map<string, Token>()

  constructor(clock: Clock, ttlSeconds: number) {
    this.#clock = clock
    this.#ttlMs = ttlSeconds * 1000
    this.#expiry = new RegularCheck(clock, checkMs, () => this.#forgetExpired())
  }

  /** Makes a token good for a user. */
  assign(token: string, username: string): void {
    const expiresAt = this.#clock.now() + this.#ttlMs
    this.#tokens.set(token, { username, expiresAt })
    this.#expiry.scheduleFor(expiresAt)
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= maxTokens) break
      this.#tokens.delete(oldest)
    }
  }

  /** Whom a token stands for. Asking gives it its time anew. */
  userOf(token: string): string | undefined {
    const found = this.#tokens.get(token)
    if (found === undefined) return undefined
    found.expiresAt = this.#clock.now() + this.#ttlMs
    this.#tokens.delete(token)
    this.#tokens.set(token, found)
    return found.username
  }

  /** Forgets the tokens of a user. */
  forgetUser(username: string): void {
    for (const [token, found] of this.#tokens) {
      if (found.username === username) this.#tokens.delete(token)
    }
  }

  /** Forgets all tokens. */
  clear(): void {
    this.#tokens.clear()
  }

  /** Forgets all tokens, for good. */
  close(): void {
    this.clear()
    this.#expiry.close()
  }

  /** Answers when there will be more to forget. */
  #forgetExpired(): number | undefined {
    const now = this.#clock.now()
    for (const [token, { expiresAt }] of this.#tokens) {
      if (expiresAt >= now) return expiresAt
      this.#tokens.delete(token)
    }
    return undefined
  }
}
