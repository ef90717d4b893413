// Clients that contend for locks, permits and leaderships, and others that follow what is written.

import { type Etcd, EtcdError, prefix, type Watch } from 'etcdkit'
import { pollUntil } from '../../../support/poll.ts'
import type { History } from '../../history/history.ts'
import type { RoundContext, Workload } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { Believers } from './believers.ts'
import { checkHolders } from './check.ts'
import { Contender, turnMs } from './contender.ts'
import { Followers } from './following.ts'
import {
  checkCacheChanges,
  checkGoodValues,
  checkSamples,
  checkSteps,
  finalState,
  goodValues,
} from './following-check.ts'
import { copyPrefix, DataWriter } from './following-plan.ts'
import { findObserverFault, LeaderObserver, leadersOf } from './leaders.ts'
import { type Primitive, primitives } from './primitives.ts'

const clients = 4
const contendersEach = 4
const lookoutPauseMs = 200
const syncMs = 5000
// The keys of those who crashed live on until their TTL is over, or longer where the leader changed.
const leftMs = 60_000

/** Contenders for each primitive, and followers. */
export class RecipeWorkload implements Workload {
  readonly name = 'recipes'
  readonly #context: RoundContext
  readonly #clients: readonly Etcd[]
  readonly #towers: readonly Etcd[]
  readonly #believers = new Map<Primitive, Believers>()
  readonly #contenders: readonly Contender[]
  readonly #observers: readonly LeaderObserver[]
  readonly #followers: Followers
  readonly #running: Promise<unknown>
  readonly #looking: Promise<unknown>
  readonly #watches: Watch<string>[] = []
  #isOver = false

  constructor(context: RoundContext) {
    this.#context = context
    this.#clients = Array.from({ length: clients }, () => context.connect())
    this.#towers = context.watchtowers()
    this.#contenders = primitives.flatMap((primitive) => this.#contendersFor(primitive))
    this.#looking = Promise.all(this.#towers.map((etcd) => this.#look(etcd)))
    this.#observers = this.#clients.map(
      (etcd, index) => new LeaderObserver(context, etcd, `observer ${index}`),
    )
    this.#followers = new Followers(context, this.#clients)
    const writers = this.#clients
      .slice(0, 2)
      .map((etcd, index) => new DataWriter(context, etcd, `d${index}`))
    this.#running = Promise.all([...this.#contenders, ...writers].map((each) => each.run()))
  }

  async finish(): Promise<void> {
    await this.#running
    await Promise.all(this.#contenders.map((contender) => contender.finish()))
    await this.#untilNothingIsLeft()
  }

  async check(history: History): Promise<void> {
    this.#isOver = true
    for (const watch of this.#watches) watch.cancel()
    await this.#looking
    const { changes } = history
    for (const [primitive, believers] of this.#believers) {
      await believers.judged()
      checkHolders(primitive, { changes, claims: believers.claims }, this.#context)
    }
    await this.#checkObservers(history)
    await this.#checkFollowers(history)
    await this.#followers.end()
  }

  #contendersFor(primitive: Primitive): Contender[] {
    const context = this.#context
    const believers = new Believers(context, primitive)
    this.#believers.set(primitive, believers)
    return Array.from({ length: contendersEach }, (_, index) => {
      // One for each client, so that each client has all primitives.
      const etcd = this.#clients[index % clients] as Etcd
      const random = context.random.fork()
      const name = `${primitive.name} ${index}`
      return new Contender({ name, context, etcd, random, primitive, believers })
    })
  }

  /** Sees when the server gives keys away. */
  async #look(etcd: Etcd): Promise<void> {
    while (!this.#isOver) {
      const watch = etcd.watch(prefix('recipes/'), { only: 'delete' })
      this.#watches.push(watch)
      try {
        for await (const { key, revision } of watch) {
          for (const believers of this.#believers.values()) believers.deleted(key, revision)
        }
      } catch (error) {
        // One lookout of several: its member may be down, or it may be late and the history gone.
        if (!(error instanceof EtcdError)) throw error
        await pause(lookoutPauseMs)
      }
    }
  }

  async #untilNothingIsLeft(): Promise<void> {
    const [etcd] = this.#towers
    let left: readonly string[] = []
    const isEmpty = async (): Promise<boolean> => {
      const { entries } = (await etcd?.list(prefix('recipes/'))) ?? { entries: [] }
      left = entries.map(({ key, lease, createRevision }) => `${key} ${lease} ${createRevision}`)
      return left.length === 0
    }
    await this.#inTime('left-behind', isEmpty, () => left.join(', '))
  }

  async #checkObservers({ changes, compactions }: History): Promise<void> {
    const { violations, losesTombstones } = this.#context
    const [election] = primitives.filter(({ name }) => name === 'election')
    const states = election ? leadersOf(election, changes) : []
    // What was deleted at the revision of a compaction may never be told: etcd issue 19179.
    const isJudged = !losesTombstones || compactions.length === 0
    for (const observer of this.#observers) {
      const last = states.at(-1)?.leading
      const isDone = (): boolean => observer.told.at(-1) === last
      const details = (): string => `${observer.name} is at ${observer.told.at(-1)}, not ${last}`
      if (isJudged) await this.#inTime('leader-not-told', isDone, details)
      await observer.end()
      const fault = findObserverFault(observer.told, states, compactions)
      if (isJudged && fault) violations.add('observer', `${observer.name}: ${fault}`)
    }
  }

  async #checkFollowers({ changes, compactions }: History): Promise<void> {
    const context = this.#context
    const followers = this.#followers
    const { revision, state } = finalState(changes)
    if (context.progressRequests) {
      const synced = followers.cache.sync({ timeoutMs: syncMs })
      await context.settling.within(synced, syncMs, 'the last sync').catch((error) => {
        context.violations.add('no-sync', `after the faults: ${String(error)}`)
      })
    }
    if (context.losesTombstones && compactions.length > 0) return
    const isMirrored = (): boolean => followers.mirrored >= revision
    const where = (): string => `the mirror is at ${followers.mirrored}, not ${revision}`
    await this.#inTime('mirror-behind', isMirrored, where)
    const lastGood = goodValues(changes).at(-1)
    const isLive = (): boolean => followers.live.value === lastGood
    await this.#inTime('live-behind', isLive, () => `${followers.live.value}, not ${lastGood}`)
    await this.#checkCopy(state.map(({ key, value }) => `${key.slice(5)} ${value}`))
    if (followers.cache.failure === undefined) followers.sample()
    checkSamples(followers.samples, changes, context)
    checkCacheChanges(followers.changes, changes, context)
    checkSteps(followers.steps, changes, context)
    checkGoodValues(followers.goodValues, changes, context)
  }

  async #checkCopy(expected: readonly string[]): Promise<void> {
    const [etcd] = this.#towers
    let found: readonly string[] = []
    const isCopied = async (): Promise<boolean> => {
      const { entries } = (await etcd?.list(prefix(copyPrefix))) ?? { entries: [] }
      found = entries
        .filter(({ key }) => !key.startsWith(`${copyPrefix}__mirror/`))
        .map(({ key, value }) => `${key.slice(copyPrefix.length)} ${value}`)
      return found.join() === expected.join()
    }
    await this.#inTime('copy-differs', isCopied, () => {
      const extra = found.filter((each) => !expected.includes(each))
      const missing = expected.filter((each) => !found.includes(each))
      return `the copy has ${extra} too many, and lacks ${missing}`
    })
  }

  async #inTime(
    kind: string,
    isDone: () => boolean | Promise<boolean>,
    details: () => string,
  ): Promise<void> {
    const limit = { what: kind, deadlineMs: kind === 'left-behind' ? leftMs : turnMs }
    await pollUntil(isDone, { ...limit, intervalMs: 50 }).catch(() => {
      this.#context.violations.add(kind, `${details()} after all is well`)
    })
  }
}
