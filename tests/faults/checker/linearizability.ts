// Whether a history of concurrent operations can have happened one at a time: each at some moment between its call and
// its return. The search is Wing and Gong's with Lowe's memory of what was tried ("Testing for linearizability", 2017).

/** An operation as its caller saw it. */
export interface Operation<I, O> {
  readonly input: I
  /** What it answered; of no meaning while `returnedAt` is Infinity. */
  readonly output: O | undefined
  /** Moments of one counter, all different. */
  readonly calledAt: number
  /** Infinity if nobody knows what became of it: then it happened at any time after its call, or never. */
  readonly returnedAt: number
}

/** What the operations work on. */
export interface Model<S, I, O> {
  readonly initial: S
  /** The state after an operation, or undefined when it cannot have answered that. `output` is undefined if unknown. */
  step(state: S, input: I, output: O | undefined): { readonly state: S } | undefined
  /** States with the same key are the same. */
  keyOf(state: S): string
}

/** What the search found. */
export type Verdict<I, O> =
  | { readonly kind: 'linearizable' }
  /** `blocking` had to return, and fitted nowhere, on the longest way that was found. */
  | { readonly kind: 'violation'; readonly blocking: Operation<I, O>; readonly explained: number }
  /** The search was too long. */
  | { readonly kind: 'undecided' }

/** An operation's call or return, in a list from which operations are taken out and put back. */
interface Moment<I, O> {
  readonly operation: Operation<I, O>
  readonly index: number
  /** Of a call: its return, unless it has none. */
  readonly matching: Moment<I, O> | undefined
  readonly isCall: boolean
  previous: Moment<I, O> | undefined
  next: Moment<I, O> | undefined
}

const defaultMaxSteps = 2_000_000

/** Searches for an order. `maxSteps` bounds time and memory. */
export function checkLinearizable<S, I, O>(
  model: Model<S, I, O>,
  operations: readonly Operation<I, O>[],
  maxSteps: number = defaultMaxSteps,
): Verdict<I, O> {
  return new Search(model, operations).run(maxSteps)
}

class Search<S, I, O> {
  readonly #model: Model<S, I, O>
  readonly #head: Moment<I, O>
  readonly #done: Uint32Array
  readonly #tried = new Set<string>()
  readonly #path: { readonly call: Moment<I, O>; readonly state: S }[] = []
  #state: S
  /** Operations that returned and are not explained yet. */
  #returns = 0
  #furthest: { readonly blocking: Operation<I, O>; readonly explained: number } | undefined

  constructor(model: Model<S, I, O>, operations: readonly Operation<I, O>[]) {
    this.#model = model
    this.#state = model.initial
    this.#done = new Uint32Array(Math.ceil(operations.length / 32))
    this.#head = listOf(operations)
    this.#returns = operations.filter(({ returnedAt }) => Number.isFinite(returnedAt)).length
  }

  run(maxSteps: number): Verdict<I, O> {
    let moment = this.#head.next
    for (let steps = 0; this.#returns > 0; steps++) {
      if (steps >= maxSteps) return { kind: 'undecided' }
      // An operation without a return is never in the way, so a return comes before the end of the list.
      if (moment === undefined) throw new Error('Cannot check: the history has no order')
      if (moment.isCall) {
        moment = this.#take(moment) ? this.#head.next : moment.next
        continue
      }
      this.#noteBlocking(moment)
      const last = this.#path.pop()
      if (last === undefined) return { kind: 'violation', ...this.#blockingOf(moment) }
      moment = this.#putBack(last)
    }
    return { kind: 'linearizable' }
  }

  /** Lets a call happen now, if it can have and that was not tried in this state. */
  #take(call: Moment<I, O>): boolean {
    const { operation, index, matching } = call
    const output = matching === undefined ? undefined : operation.output
    const next = this.#model.step(this.#state, operation.input, output)
    if (next === undefined) return false
    this.#flip(index)
    const key = `${this.#done.join()} ${this.#model.keyOf(next.state)}`
    if (this.#tried.has(key)) {
      this.#flip(index)
      return false
    }
    this.#tried.add(key)
    this.#path.push({ call, state: this.#state })
    this.#state = next.state
    unlink(call)
    if (matching) {
      unlink(matching)
      this.#returns--
    }
    return true
  }

  /** Undoes the last step; the search goes on behind it. */
  #putBack({ call, state }: { call: Moment<I, O>; state: S }): Moment<I, O> | undefined {
    this.#state = state
    this.#flip(call.index)
    if (call.matching) {
      relink(call.matching)
      this.#returns++
    }
    relink(call)
    return call.next
  }

  #flip(index: number): void {
    // The array has a bit for each operation.
    this.#done[index >>> 5] = (this.#done[index >>> 5] as number) ^ (1 << (index & 31))
  }

  #noteBlocking({ operation }: Moment<I, O>): void {
    const explained = this.#path.length
    if (this.#furthest === undefined || explained > this.#furthest.explained) {
      this.#furthest = { blocking: operation, explained }
    }
  }

  #blockingOf({ operation }: Moment<I, O>): { blocking: Operation<I, O>; explained: number } {
    return this.#furthest ?? { blocking: operation, explained: 0 }
  }
}

/** The moments in their order, behind a head that is none. */
function listOf<I, O>(operations: readonly Operation<I, O>[]): Moment<I, O> {
  const moments: { at: number; moment: Moment<I, O> }[] = []
  for (const [index, operation] of operations.entries()) {
    const links = { previous: undefined, next: undefined }
    const { calledAt, returnedAt } = operation
    const end = Number.isFinite(returnedAt)
      ? { operation, index, matching: undefined, isCall: false, ...links }
      : undefined
    if (end) moments.push({ at: returnedAt, moment: end })
    moments.push({
      at: calledAt,
      moment: { operation, index, matching: end, isCall: true, ...links },
    })
  }
  moments.sort((one, other) => one.at - other.at)
  return chain(moments.map(({ moment }) => moment))
}

function chain<I, O>(moments: readonly Moment<I, O>[]): Moment<I, O> {
  const none: Operation<I, O> = {
    input: undefined as I, // Nobody looks at the head's operation.
    output: undefined,
    calledAt: -1,
    returnedAt: -1,
  }
  const head: Moment<I, O> = {
    ...{ operation: none, index: -1, matching: undefined, isCall: true },
    ...{ previous: undefined, next: undefined },
  }
  let last = head
  for (const moment of moments) {
    last.next = moment
    moment.previous = last
    last = moment
  }
  return head
}

function unlink<I, O>(moment: Moment<I, O>): void {
  if (moment.previous) moment.previous.next = moment.next
  if (moment.next) moment.next.previous = moment.previous
}

function relink<I, O>(moment: Moment<I, O>): void {
  if (moment.previous) moment.previous.next = moment
  if (moment.next) moment.next.previous = moment
}
