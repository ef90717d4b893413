// The v2 API of a server: its store, its users, its members, and every page below `/v2`.

import { type Answer, notFound, sendAnswer } from '../http/answer.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Clock } from '../store/clock.ts'
import { KeyAccess } from './auth/access.ts'
import { answerAuth } from './auth/auth-pages.ts'
import { AuthStore } from './auth/auth-store.ts'
import { answerMachines, answerMembers, isMembersPath } from './cluster/member-pages.ts'
import { hexOf, Members, type Membership } from './cluster/members.ts'
import { answerStats } from './cluster/stats-pages.ts'
import { Sweeper } from './expiry.ts'
import { badRequest, parseTarget, redirectAnswer, type Target } from './http/target.ts'
import { answerKeys, isKeysPath, type RaftLog } from './keys/keys-page.ts'
import { V2Store } from './tree/store.ts'

/** What the v2 API has of its server. */
export interface V2Options {
  /** Times what has a time to live. */
  readonly clock: Clock
  /** Decimal. */
  readonly clusterId: string
  /** Decimal: that of this server. */
  readonly memberId: string
  readonly membership: Membership
  /** The log there would be, that of v3 too. */
  readonly log: RaftLog
}

/** The v2 API. Its store is one of its own: what v3 writes is not in it. */
export class V2Face {
  readonly #store: V2Store
  readonly #sweeper: Sweeper
  readonly #members: Members
  readonly #auth: AuthStore
  readonly #access: KeyAccess
  readonly #options: V2Options
  readonly #startMs: number
  /** In hexadecimal. */
  readonly #clusterId: string

  constructor(options: V2Options) {
    const { clock, log } = options
    // A clock counts from some moment; times are told to clients.
    const epochMs = Date.now() - clock.now()
    this.#store = new V2Store(() => epochMs + clock.now())
    this.#sweeper = new Sweeper(this.#store, clock, log)
    this.#members = new Members(options.membership, options.memberId, {
      store: this.#store,
      log,
    })
    this.#auth = new AuthStore(this.#store, log)
    this.#access = new KeyAccess(this.#auth)
    this.#options = options
    this.#startMs = this.#store.nowMs
    this.#clusterId = hexOf(options.clusterId)
  }

  /** Whether a request is one for it, by its path and query. */
  serves(url: string): boolean {
    return /^\/v2(?:[/?]|$)/.test(parseTarget(url)?.path ?? url)
  }

  /** Answers a request. Never rejects. */
  async answer(exchange: Exchange): Promise<void> {
    try {
      await this.#answer(exchange)
      this.#sweeper.arm()
    } catch {
      // A fault of this server. As in Go, the connection ends without an answer.
      exchange.cut()
    } finally {
      // What is left of a body that nobody wanted.
      exchange.body.resume()
    }
  }

  /** Ends all watches and timers. */
  close(): void {
    this.#sweeper.close()
    this.#store.close()
  }

  async #answer(exchange: Exchange): Promise<void> {
    const target = parseTarget(exchange.url)
    if (target?.isClean && isKeysPath(target.path)) {
      await answerKeys(
        {
          store: this.#store,
          log: this.#options.log,
          clusterId: this.#clusterId,
          access: this.#access,
        },
        exchange,
        target,
      )
      return
    }
    sendAnswer(exchange, await this.#answerWhole(exchange, target))
  }

  async #answerWhole(exchange: Exchange, target: Target | undefined): Promise<Answer> {
    if (target === undefined) return badRequest
    if (!target.isClean) return redirectAnswer(exchange, target)
    const { path } = target
    const shared = { members: this.#members, access: this.#access, clusterId: this.#clusterId }
    if (isMembersPath(path)) {
      return await answerMembers(shared, exchange, path)
    }
    if (path === '/v2/machines') {
      return answerMachines(shared, exchange)
    }
    if (path.startsWith('/v2/stats/')) {
      const source = { members: this.#members, store: this.#store, startMs: this.#startMs }
      return answerStats(source, exchange, path.slice('/v2/stats/'.length)) ?? notFound
    }
    if (path.startsWith('/v2/auth/')) {
      return (await answerAuth({ ...shared, auth: this.#auth }, exchange, path)) ?? notFound
    }
    return notFound
  }
}
