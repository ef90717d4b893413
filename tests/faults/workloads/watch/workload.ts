// Fifty watchers over a random workload: each one's events are the history's, revision by revision.

import { type Etcd, EtcdError, op } from 'etcdkit'
import type { History } from '../../history/history.ts'
import type { RoundContext, Workload } from '../../round/context.ts'
import { findWatchFault } from './check.ts'
import { groups, keysPerGroup, planWatcher, watchedKey } from './plan.ts'
import { Watcher } from './watcher.ts'
import { WatchWriter } from './writer.ts'

const watcherCount = 50
const clients = 3
const writerCount = 3
const catchUpMs = 90_000
const finaleMs = 90_000
const endMs = 5000

/** Watchers and writers, on clients of their own. */
export class WatchWorkload implements Workload {
  readonly name = 'watches'
  readonly #context: RoundContext
  readonly #clients: readonly Etcd[]
  readonly #watchers: readonly Watcher[]
  readonly #watching: Promise<unknown>
  readonly #writing: Promise<unknown>

  constructor(context: RoundContext) {
    this.#context = context
    this.#clients = Array.from({ length: clients }, () => context.connect())
    const { random } = context
    this.#watchers = Array.from({ length: watcherCount }, (_, index) => {
      const plan = planWatcher(random, index, context.progressRequests)
      return new Watcher(context, this.#client(index), plan)
    })
    this.#watching = Promise.all(this.#watchers.map((watcher) => watcher.run()))
    const writers = Array.from({ length: writerCount }, (_, index) => {
      return new WatchWriter(context, this.#client(index), random.fork())
    })
    this.#writing = Promise.all(writers.map((writer) => writer.run()))
  }

  async finish(): Promise<void> {
    await this.#writing
    // Something to tell everybody, now that nothing is in the way.
    for (let group = 0; group < groups; group++) {
      const keys = Array.from({ length: keysPerGroup }, (_, index) => watchedKey(group, index))
      await this.#persist(() =>
        this.#client(0).txn({ then: keys.map((key) => op.put(key, 'end')) }),
      )
      await this.#persist(() => this.#client(0).txn({ then: keys.map((key) => op.delete(key)) }))
    }
  }

  async check(history: History): Promise<void> {
    await Promise.all(this.#watchers.map((watcher) => this.#catchUp(watcher, history)))
    const ended = this.#context.settling.within(this.#watching, endMs, 'the end of the watches')
    await ended.catch(() => undefined)
    for (const watcher of this.#watchers) this.#checkSpans(watcher, history)
  }

  async #catchUp(watcher: Watcher, history: History): Promise<void> {
    const last = watcher.lastOf(history.changes)
    const isComplete = await watcher.untilTold(last, catchUpMs)
    if (!isComplete) {
      const { violations } = this.#context
      const newest = watcher.spans.at(-1)?.position
      const details = `${watcher.plan.name} is at ${newest} and not told of ${last?.text}`
      violations.add('lost-event', `${details} ${catchUpMs} ms after all is well`)
    }
    watcher.end(isComplete)
  }

  #checkSpans({ plan, spans }: Watcher, history: History): void {
    const { violations, tally, losesTombstones } = this.#context
    const { changes, compactions } = history
    for (const [index, span] of spans.entries()) {
      const { from, marks, isLast } = span
      if (from === undefined) continue
      // What has happened since the history was read, such as the end of a lease, is not in it.
      const told = span.told.filter(({ revision }) => revision <= history.revision)
      tally.add('watch spans checked')
      tally.add('events checked', told.length)
      const record = { from, told, marks, to: isLast ? history.revision : undefined }
      const fault = findWatchFault(plan, record, { changes, compactions, losesTombstones })
      if (!fault) continue
      const what = `${plan.name}, watch ${index} from ${from}: ${fault.details}`
      violations.add(fault.kind, `${what}\n${JSON.stringify(plan)}`)
    }
  }

  #client(index: number): Etcd {
    const client = this.#clients[index % clients]
    if (!client) throw new RangeError('there are no clients')
    return client
  }

  async #persist(write: () => Promise<unknown>): Promise<void> {
    const deadline = performance.now() + finaleMs
    for (;;) {
      try {
        await write()
        return
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error
        if (performance.now() < deadline) continue
        this.#context.violations.add(
          'no-recovery',
          `a write ${finaleMs} ms after all is well: ${error}`,
        )
        return
      }
    }
  }
}
