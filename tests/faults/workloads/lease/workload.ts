// Holders of leases, and lookouts that see when the server gives their keys away.

import { setImmediate as turn } from 'node:timers/promises'
import { type Etcd, EtcdError, prefix, type Watch, type WatchEvent } from 'etcdkit'
import type { RoundContext, Workload } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { type Belief, Holder } from './holder.ts'

const clients = 3
const holders = 9
const lookoutPauseMs = 200
const longestShownMs = 5000

/**
 * Nobody believes in a lease whose keys the server has given away.
 *
 * The server deletes the keys before it tells so, so the moment at which the event arrives here, in the process of the
 * holders, is no earlier than the deletion. What is allowed on top of it is one turn of the event loop: when this
 * process stood still, the socket with the event and the timer that gives the lease up are both due, and which of them
 * comes first is not the client's to choose. The timers of a turn run before anything that `belief` is asked again by.
 */
export class LeaseWorkload implements Workload {
  readonly name = 'leases'
  readonly #context: RoundContext
  readonly #beliefs = new Map<string, Belief>()
  readonly #watches: Watch<string>[] = []
  readonly #holding: Promise<unknown>
  readonly #looking: Promise<unknown>
  readonly #judging: Promise<void>[] = []
  #isOver = false

  constructor(context: RoundContext) {
    this.#context = context
    const etcds = Array.from({ length: clients }, () => context.connect())
    const all = Array.from({ length: holders }, (_, index) => {
      // The list is not empty, and the index within it.
      const etcd = etcds[index % clients] as Etcd
      const parts = { context, etcd, random: context.random.fork() }
      return new Holder(parts, `h${index}`, this.#beliefs)
    })
    this.#looking = Promise.all(context.watchtowers().map((etcd) => this.#look(etcd)))
    this.#holding = Promise.all(all.map((holder) => holder.run()))
  }

  async finish(): Promise<void> {
    await this.#holding
  }

  async check(): Promise<void> {
    this.#isOver = true
    for (const watch of this.#watches) watch.cancel()
    await this.#looking
    await Promise.all(this.#judging)
  }

  async #look(etcd: Etcd): Promise<void> {
    while (!this.#isOver) {
      const watch = etcd.watch(prefix('lease/'), { only: 'delete' })
      this.#watches.push(watch)
      try {
        for await (const event of watch) this.#judging.push(this.#judge(event))
      } catch (error) {
        // One lookout of several: its member may be down, or it may be late and the history gone.
        if (!(error instanceof EtcdError)) throw error
        await pause(lookoutPauseMs)
      }
    }
  }

  async #judge({ key, revision }: WatchEvent<string>): Promise<void> {
    const belief = this.#beliefs.get(key)
    if (belief === undefined) return
    const { tally, violations } = this.#context
    tally.add('lease deletions seen')
    if (belief.lease.signal.aborted) return
    const arrivedAt = performance.now()
    await pause(0)
    await turn()
    if (belief.lease.signal.aborted) return
    const { holder, lease } = belief
    const what = `${holder} believes in lease ${lease.id} (TTL ${lease.ttlSeconds} s)`
    await pause(longestShownMs, lease.signal)
    const lateMs = Math.round(performance.now() - arrivedAt)
    const details = `${what} for ${lateMs} ms after ${key} was deleted at ${revision}`
    violations.add('stale-lease', details)
  }
}
