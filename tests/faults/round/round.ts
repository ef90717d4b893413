// A round: workloads on a server, faults for a while, then peace, and the questions.

import { setMaxListeners } from 'node:events'
import type { Etcd } from 'etcdkit'
import { activeResources } from '../../support/leaks.ts'
import { pollUntil } from '../../support/poll.ts'
import type { History } from '../history/history.ts'
import { FaultLog } from '../schedule/fault-log.ts'
import { Random } from '../schedule/random.ts'
import { LeaseWorkload } from '../workloads/lease/workload.ts'
import { RecipeWorkload } from '../workloads/recipes/workload.ts'
import { WatchWorkload } from '../workloads/watch/workload.ts'
import { WriteWorkload } from '../workloads/write/workload.ts'
import type { RoundContext, ServerFacts, Workload } from './context.ts'
import { pause } from './pause.ts'
import type { RoundPlan, WorkloadName } from './plan.ts'
import { Settling } from './settling.ts'
import { Tally } from './tally.ts'
import { Violations } from './violations.ts'

/** What a round is played on. */
export interface Ground extends AsyncDisposable {
  readonly history: History
  readonly facts: ServerFacts
  connect(): Etcd
  watchtowers(): readonly Etcd[]
  /** Plays the faults; resolves when they are over and undone. */
  play(log: FaultLog, signal: AbortSignal): Promise<void>
  /** Resolves when the server does all it is asked to. */
  heal(): Promise<void>
  /** What the server logged. */
  readonly log: string
}

/** What came of a round. */
export interface RoundResult {
  readonly plan: RoundPlan
  readonly tally: Tally
  readonly violations: Violations
  readonly log: FaultLog
  readonly serverLog: string
}

const closeMs = 10_000
const leakMs = 10_000
const pulseMs = 10_000
// Beyond all that is waited for after the faults.
const stuckMs = 600_000

const workloads: Readonly<Record<WorkloadName, new (context: RoundContext) => Workload>> = {
  writes: WriteWorkload,
  watches: WatchWorkload,
  leases: LeaseWorkload,
  recipes: RecipeWorkload,
}

/** How to play a round. */
export interface RoundOptions {
  readonly start: (plan: RoundPlan) => Promise<Ground>
  /** Ends the round before its time. */
  readonly signal: AbortSignal
  /** Told of every fault and turn of the round. */
  readonly tell?: (line: string) => void
}

/** Plays a round. Rejects when it cannot be played for a reason that is not the client's. */
export async function playRound(
  plan: RoundPlan,
  { start, signal, tell }: RoundOptions,
): Promise<RoundResult> {
  const before = activeResources()
  const round = new Round(plan, new FaultLog(tell))
  const ground = await start(plan)
  let serverLog = ''
  try {
    await round.play(ground, signal)
  } finally {
    serverLog = ground.log
    await round.closeClients()
    await ground[Symbol.asyncDispose]()
  }
  await round.checkLeaks(before)
  const { tally, violations, log } = round
  return { plan, tally, violations, log, serverLog }
}

class Round {
  readonly tally = new Tally()
  readonly violations = new Violations()
  readonly log: FaultLog
  readonly #plan: RoundPlan
  readonly #settling = new Settling(this.violations)
  readonly #clients: Etcd[] = []
  readonly #stop = new AbortController()
  #moments = 0

  constructor(plan: RoundPlan, log: FaultLog) {
    this.#plan = plan
    this.log = log
    // Whoever waits, waits for the end as well.
    setMaxListeners(0, this.#stop.signal)
  }

  async play(ground: Ground, signal: AbortSignal): Promise<void> {
    const end = new AbortController()
    setMaxListeners(0, end.signal)
    void pause(this.#plan.durationMs, signal, this.#stop.signal).then(() => end.abort())
    const pulse = setInterval(() => this.log.note(`so far ${this.#soFar()}`), pulseMs)
    const overdue = new AbortController()
    try {
      const isOver = this.#play(ground, end.signal).then(() => true)
      const late = pause(this.#plan.durationMs + stuckMs, overdue.signal).then(() => false)
      if (await Promise.race([isOver, late])) return
      this.violations.add('stuck', `the round does not end: ${this.log.lines.at(-2)}`)
    } finally {
      overdue.abort()
      clearInterval(pulse)
    }
  }

  #soFar(): string {
    const outcomes = this.tally.of('outcomes: ')
    return JSON.stringify({ ...outcomes, ...this.tally.of('errors: ') })
  }

  async #play(ground: Ground, end: AbortSignal): Promise<void> {
    const work = this.#plan.workloads.map((name) => new workloads[name](this.#context(ground)))
    try {
      await ground.play(this.log, end)
      this.log.note('the faults are over')
      await ground.heal()
      this.log.note('all is well')
    } finally {
      this.#stop.abort()
    }
    await Promise.all(
      work.map((each) => each.finish().then(() => this.log.note(`${each.name} are finished`))),
    )
    await ground.history.readToNow()
    this.log.note(`the history is read: ${ground.history.revision} revisions`)
    for (const each of work) {
      await each.check(ground.history)
      this.log.note(`${each.name} are checked`)
    }
    this.tally.add('revisions', ground.history.revision)
    for (const [kind, count] of this.log.counts) this.tally.add(`faults: ${kind}`, count)
  }

  /** Closing ends everything, and takes no time to speak of. */
  async closeClients(): Promise<void> {
    this.#stop.abort()
    await Promise.all(
      this.#clients.map((etcd) =>
        this.#settling.within(etcd.close(), closeMs, 'close').catch((error) => {
          this.violations.add('close-failed', String(error))
        }),
      ),
    )
  }

  /** After a round this process holds on to nothing that it did not have before. */
  async checkLeaks(before: readonly string[]): Promise<void> {
    const count = (names: readonly string[]): number =>
      names.filter((name) => /TCP|TLS|Timeout|Pipe/.test(name)).length
    const isClean = (): boolean => count(activeResources()) <= count(before)
    const limit = { what: 'all to be closed', deadlineMs: leakMs }
    await pollUntil(isClean, limit).catch(() => {
      this.violations.add('leak', `before: ${before}; after: ${activeResources()}`)
    })
  }

  #context(ground: Ground): RoundContext {
    const { tally, violations, log } = this
    return {
      ...{ tally, violations, log },
      random: new Random(this.#plan.seed).fork(),
      settling: this.#settling,
      stop: this.#stop.signal,
      moment: () => this.#moments++,
      connect: () => this.#keep(ground.connect()),
      watchtowers: () => ground.watchtowers().map((etcd) => this.#keep(etcd)),
      ...ground.facts,
    }
  }

  #keep(etcd: Etcd): Etcd {
    this.#clients.push(etcd)
    return etcd
  }
}
