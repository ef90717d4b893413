// One watcher of a round: watches, notes what it is told, and begins anew where it was cancelled or overtaken by
// compaction.

import { CompactedError, type Etcd, EtcdError, type Watch } from 'etcdkit'
import { type Change, changeOfEvent } from '../../history/describe.ts'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { NeverSettledError } from '../../round/settling.ts'
import type { ProgressMark } from './check.ts'
import { isTold, type WatchPlan } from './plan.ts'

const openMs = 10_000
const pauseMs = 100

/** A watch may say so while no server can be reached, or none knows a leader, for as long as it may take to open it. */
const unreached: ReadonlySet<string> = new Set([
  ...['deadline-exceeded', 'tcp-failed', 'tls-failed', 'http2-failed', 'connection-failed'],
  ...['connection-lost', 'unavailable', 'no-leader', 'server-stopped', 'timeout'],
])

/** One watch of a watcher: its records are read when it is over. */
export class WatchSpan {
  from: number | undefined
  readonly told: Change[] = []
  readonly marks: ProgressMark[] = []
  /** Whether the server has confirmed it. */
  isOpen = false
  /** Whether it has to have told everything in the end. */
  isLast = false

  constructor(from: number | undefined) {
    this.from = from
  }

  /** The newest revision of which all is told, by events or by an answer that there were none. */
  get position(): number {
    return Math.max(this.marks.at(-1)?.revision ?? 0, this.toldUpTo)
  }

  /**
   * The same by events alone. Answers to progress requests are not gone on from, since those of old servers cannot be
   * trusted (etcd issue 15220): a compaction up to such an answer overtakes the watch.
   */
  get toldUpTo(): number {
    return Math.max(this.told.at(-1)?.revision ?? 0, (this.from ?? 1) - 1)
  }
}

/** Watches until it has told a given change, or is given up. */
export class Watcher {
  readonly plan: WatchPlan
  readonly spans: WatchSpan[] = []
  readonly #context: RoundContext
  readonly #etcd: Etcd
  readonly #end = new AbortController()
  #current: Watch<string> | undefined
  #renewals = 0
  #isRenewed = false
  #onTold: () => void = () => {}

  constructor(context: RoundContext, etcd: Etcd, plan: WatchPlan) {
    this.#context = context
    this.#etcd = etcd
    this.plan = plan
  }

  /** Watches until `end` is called. */
  async run(): Promise<void> {
    await pause(this.plan.afterMs, this.#context.stop)
    let from = this.plan.start === 'beginning' ? 2 : undefined
    while (!this.#end.signal.aborted) {
      const span = new WatchSpan(from)
      this.spans.push(span)
      from = await this.#watch(span)
    }
  }

  /** Resolves when the newest watch has told everything up to a revision. */
  async untilTold(last: Change | undefined, patienceMs: number): Promise<boolean> {
    const deadline = performance.now() + patienceMs
    const isDone = (): boolean => {
      const span = this.spans.at(-1)
      if (span?.from === undefined) return false
      if (last === undefined || last.revision < span.from) return true
      // A revision may have several changes, and something may have happened since, such as the end of a lease.
      const told = span.told.findLast(({ revision }) => revision <= last.revision)
      return told?.text === last.text
    }
    while (!isDone()) {
      const left = deadline - performance.now()
      if (left <= 0) return false
      let timer: NodeJS.Timeout | undefined
      await new Promise<void>((resolve) => {
        this.#onTold = resolve
        timer = setTimeout(resolve, Math.min(left, 1000))
      })
      clearTimeout(timer)
    }
    return true
  }

  /** Ends the watch; what it has told by now is all it tells. */
  end(isComplete: boolean): void {
    const span = this.spans.at(-1)
    if (span) span.isLast = isComplete
    this.#end.abort()
    this.#current?.cancel()
  }

  /** Resolves with where the next watch is to begin. */
  async #watch(span: WatchSpan): Promise<number | undefined> {
    const { plan } = this
    const { target, previous, only, progressNotify, fragment, highWaterBytes } = plan
    const watch = this.#etcd.watch(target, {
      ...{ from: span.from, previous, only, progressNotify, fragment, highWaterBytes },
      timeoutMs: openMs,
    })
    this.#current = watch
    this.#isRenewed = false
    this.#context.tally.add('watches opened')
    const renewal = this.#renewSometimes(watch)
    try {
      await this.#note(watch, span)
      return this.#next(span)
    } catch (error) {
      const isOurs = this.#isRenewed || this.#end.signal.aborted
      if (isOurs && isCode(error, 'canceled')) return this.#next(span)
      return await this.#failed(span, error)
    } finally {
      clearTimeout(renewal)
    }
  }

  async #note(watch: Watch<string>, span: WatchSpan): Promise<void> {
    const { settling } = this.#context
    const revision = await settling.within(watch.ready, openMs, `${this.plan.name} ready`)
    span.from ??= revision + 1
    span.isOpen = true
    if (this.plan.asksProgress) watch.requestProgress()
    await (this.plan.batches ? this.#noteBatches(watch, span) : this.#noteEvents(watch, span))
  }

  async #noteEvents(watch: Watch<string>, span: WatchSpan): Promise<void> {
    for await (const event of watch) {
      this.#told(span, changeOfEvent(event))
      await this.#rest(span)
    }
  }

  async #noteBatches(watch: Watch<string>, span: WatchSpan): Promise<void> {
    for await (const { kind, events, revision } of watch.batches()) {
      for (const event of events) this.#told(span, changeOfEvent(event))
      span.marks.push({ told: span.told.length, revision })
      if (kind === 'progress') this.#context.tally.add('progress notifications')
      if (this.plan.asksProgress && kind === 'events') watch.requestProgress()
      await this.#rest(span)
    }
  }

  #told(span: WatchSpan, change: Change): void {
    span.told.push(change)
    this.#onTold()
  }

  async #rest({ told }: WatchSpan): Promise<void> {
    const { restMs } = this.plan
    if (restMs === 0 || told.length % 20 !== 0 || this.#context.stop.aborted) return
    await pause(restMs)
  }

  #renewSometimes(watch: Watch<string>): NodeJS.Timeout | undefined {
    if (this.plan.renewMs === 0) return undefined
    return setTimeout(() => {
      if (this.#context.stop.aborted) return
      this.#context.tally.add('watches cancelled')
      this.#isRenewed = true
      watch.cancel()
    }, this.plan.renewMs)
  }

  /** A watch that was cancelled here: the next one goes on where it was, or begins anew. */
  #next(span: WatchSpan): number | undefined {
    return this.#renewals++ % 2 === 0 ? span.position + 1 : undefined
  }

  async #failed(span: WatchSpan, error: unknown): Promise<number | undefined> {
    const { violations, tally } = this.#context
    const { name } = this.plan
    if (error instanceof CompactedError) return this.#overtaken(span, error)
    // The round could not be played to its end.
    if (isCode(error, 'closed')) this.#end.abort()
    await pause(pauseMs)
    const isUnreached = error instanceof EtcdError && unreached.has(error.code)
    if (!span.isOpen && (isUnreached || error instanceof NeverSettledError)) {
      tally.add('watches not opened')
      return span.from
    }
    violations.add('watch-ended', `${name} after ${span.told.length} events: ${String(error)}`)
    return span.from === undefined ? undefined : span.position + 1
  }

  #overtaken(span: WatchSpan, error: CompactedError): number {
    const { violations, tally } = this.#context
    tally.add('watches compacted')
    const { compactRevision } = error
    const { position } = span
    const known = this.plan.asksProgress ? span.toldUpTo : position
    const least = this.#context.forcesCompaction ? known : known + 1
    // What was deleted at that very revision may be forgotten as well: etcd issue 19179.
    if (compactRevision !== undefined && compactRevision >= least)
      return Math.max(compactRevision, position) + 1
    const details = `${error}, compacted at ${compactRevision}, it had come to ${position}`
    violations.add(
      'false-compaction',
      `${this.plan.name}: ${details}\n${JSON.stringify(this.plan)}`,
    )
    return position + 1
  }

  /** The last change it is to be told of. */
  lastOf(changes: readonly Change[]): Change | undefined {
    return changes.findLast((change) => isTold(this.plan, change))
  }
}

function isCode(error: unknown, code: EtcdError['code']): boolean {
  return error instanceof EtcdError && error.code === code
}
