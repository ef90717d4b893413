// Contends for one primitive: takes it in one way or another, writes under its fence, lets it go or crashes.

import { type Etcd, EtcdError, op, type Session } from 'etcdkit'
import type { RoundContext } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { NeverSettledError } from '../../round/settling.ts'
import type { Random } from '../../schedule/random.ts'
import type { Believers } from './believers.ts'
import { fencedValue } from './check.ts'
import type { Primitive, TakeOptions, Tenure } from './primitives.ts'

const openMs = 5000
const writeMs = 1500
// What a release may take: the client's own limit.
const releaseMs = 5000
const retryMs = 200
/** How long after the faults everybody may wait for a turn. */
export const turnMs = 90_000

const ways = { wait: 4, limited: 3, abandoned: 2, tried: 2 }

/** What may end a wait without a limit: the end of its lease, and what is no outage. */
const goodEnds: ReadonlySet<string> = new Set([
  ...['lease-expired', 'lease-not-found', 'mutex-session-expired', 'no-space'],
])

/** What a contender works with. */
export interface ContenderParts {
  readonly name: string
  readonly context: RoundContext
  readonly etcd: Etcd
  readonly random: Random
  readonly primitive: Primitive
  readonly believers: Believers
}

/** Takes its turns until it is told to stop, and one more in the end. */
export class Contender {
  readonly #parts: ContenderParts
  #session: Session | undefined
  #writes = 0

  constructor(parts: ContenderParts) {
    this.#parts = parts
  }

  async run(): Promise<void> {
    const { context, random } = this.#parts
    while (!context.stop.aborted) {
      await this.#turn().catch((error) => this.#failed(error))
      await pause(random.integer(0, 200), context.stop)
    }
  }

  /** After the faults: everybody gets a turn. */
  async finish(): Promise<void> {
    const { context, name, primitive, etcd } = this.#parts
    const deadline = performance.now() + turnMs
    let isHeld = false
    for (let left = turnMs; !isHeld && left > 0; left = deadline - performance.now()) {
      const taking = primitive.take(etcd, false, { ttlSeconds: 7, timeoutMs: left })
      isHeld = await this.#within(taking, left, `${name}: the last turn`).then(
        (tenure) => this.#hold(tenure).then(() => true),
        (error) => this.#failed(error),
      )
      if (!isHeld) await pause(retryMs)
    }
    if (!isHeld) context.violations.add('no-turn', `${name} has none ${turnMs} ms after the faults`)
    const closing = this.#session?.close()
    if (closing)
      await this.#within(closing, openMs, 'closing').catch((error) => this.#failed(error))
  }

  async #turn(): Promise<void> {
    const { random } = this.#parts
    const session = random.chance(0.6) ? await this.#keptSession() : undefined
    const tenure = await this.#take(session)
    if (tenure) await this.#hold(tenure, session)
  }

  async #keptSession(): Promise<Session> {
    const { etcd, random, name } = this.#parts
    if (this.#session && !this.#session.signal.aborted) return this.#session
    // Shorter ones end because a busy machine has no time for them.
    const opening = etcd.session({ ttlSeconds: random.integer(3, 7), timeoutMs: openMs })
    this.#session = await this.#within(opening, openMs, `${name}: opening a session`)
    return this.#session
  }

  async #take(session: Session | undefined): Promise<Tenure | undefined> {
    const { random, primitive, etcd, context } = this.#parts
    const way = random.weighted(ways)
    const shared = random.chance(0.6)
    const common = session ? { session } : { ttlSeconds: random.integer(3, 7) }
    context.tally.add(`operations: take ${primitive.name}`)
    if (way === 'tried' && primitive.tryTake) {
      const timeoutMs = openMs
      const trying = primitive.tryTake(etcd, shared, { ...common, timeoutMs })
      return this.#within(trying, timeoutMs, `${this.#parts.name}: trying`)
    }
    if (way === 'limited') {
      const timeoutMs = random.integer(300, 8000)
      const taking = primitive.take(etcd, shared, { ...common, timeoutMs })
      return this.#within(taking, timeoutMs, `${this.#parts.name}: taking with a limit`)
    }
    if (way === 'abandoned') return this.#abandon(shared, common)
    return this.#wait(shared, common)
  }

  /** Gives up after a while: the reason is what comes out of it, unless it was faster. */
  async #abandon(shared: boolean, common: TakeOptions): Promise<Tenure | undefined> {
    const { random, primitive, etcd, context, name } = this.#parts
    const abort = new AbortController()
    const reason = new Error('no more patience')
    const afterMs = random.integer(0, 3000)
    const timer = setTimeout(() => abort.abort(reason), afterMs)
    const taking = primitive.take(etcd, shared, { ...common, signal: abort.signal })
    try {
      return await this.#within(taking, afterMs, `${name}: taking until an abort`)
    } catch (error) {
      if (error === reason) return undefined
      if (abort.signal.aborted && !(error instanceof EtcdError)) {
        context.violations.add('untyped-error', `${name}: ${String(error)} after an abort`)
      }
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  /** Waits through every outage: as long as it takes, or as its lease lives. */
  async #wait(shared: boolean, common: TakeOptions): Promise<Tenure | undefined> {
    const { primitive, etcd, context, name } = this.#parts
    const taking = primitive.take(etcd, shared, common)
    await untilSettled(taking, context.stop)
    try {
      return await this.#within(taking, turnMs, `${name}: taking without a limit`)
    } catch (error) {
      const isFromOpening = common.session === undefined
      const isGood = error instanceof EtcdError && goodEnds.has(error.code)
      if (!isGood && !isFromOpening && !(error instanceof NeverSettledError)) {
        context.violations.add('gave-up', `${name}, whose session lives: ${describe(error)}`)
      }
      throw error
    }
  }

  async #hold(tenure: Tenure, session?: Session): Promise<void> {
    const { random, believers, context, name } = this.#parts
    believers.add(name, tenure)
    for (let left = random.integer(1, 3); left > 0 && !tenure.signal.aborted; left--) {
      await this.#write(tenure).catch((error) => this.#failed(error))
      await pause(random.chance(0.1) ? random.integer(500, 3000) : 5, tenure.signal, context.stop)
    }
    if (session && !tenure.signal.aborted && random.chance(0.08)) {
      // As a crash has it: nothing is told, and the keys live on until the TTL is over.
      context.tally.add('holders crashed')
      session.orphan()
      return
    }
    await this.#within(tenure.release(), releaseMs, `${name}: release`)
  }

  async #write(tenure: Tenure): Promise<void> {
    const { context, random, primitive, believers, name, etcd } = this.#parts
    const value = fencedValue(tenure.fence, this.#writes++)
    context.tally.add('operations: fenced write')
    if (tenure.proclaim && random.chance(0.5)) {
      const proclaimed = tenure.proclaim(value, { timeoutMs: writeMs })
      await this.#within(proclaimed, writeMs, `${name}: proclaim`).catch((error) => {
        if (isCode(error, 'election-not-leader')) believers.refused(tenure, 'what it proclaimed')
        throw error
      })
      return
    }
    const txn = { if: [tenure.isHeld], then: [op.put(primitive.written, value)] }
    const writing = etcd.txn(txn, { timeoutMs: writeMs })
    const { succeeded } = await this.#within(writing, writeMs, `${name}: a write`)
    if (!succeeded) believers.refused(tenure, 'a write under its fence')
  }

  #within<T>(promise: Promise<T>, limitMs: number, what: string): Promise<T> {
    return this.#parts.context.settling.within(promise, limitMs, what)
  }

  #failed(error: unknown): false {
    const { tally, violations } = this.#parts.context
    if (error instanceof EtcdError) tally.add(`errors: ${error.code}`)
    else if (!(error instanceof NeverSettledError)) {
      violations.add('untyped-error', `${this.#parts.name}: ${String(error)}`)
    }
    return false
  }
}

/** Resolves when the promise has settled, or when the round is over. */
async function untilSettled(promise: Promise<unknown>, stop: AbortSignal): Promise<void> {
  const settled = new AbortController()
  const over = (): void => settled.abort()
  promise.then(over, over)
  // Longer than any round.
  await pause(3_600_000, settled.signal, stop)
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof EtcdError && error.code === code
}

function describe(error: unknown): string {
  return error instanceof Error && error.cause ? `${error}: ${error.cause}` : String(error)
}
