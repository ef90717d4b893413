// One fault in force: what it does, to which calls, and how often still.

import type { Method } from '@etcdkit/protocol'
import type { DropAnswerOptions, Fault, FaultMatch, ResetCode } from './fault.ts'

/** What is done to a call. */
export type FaultAction =
  | { readonly kind: 'delay'; readonly delayMs: number }
  | { readonly kind: 'refuse'; readonly error: Error; readonly applied: boolean }
  | { readonly kind: 'drop-answer'; readonly then: NonNullable<DropAnswerOptions['then']> }
  | { readonly kind: 'cut' }
  | { readonly kind: 'reset'; readonly code: ResetCode }
  | { readonly kind: 'silence' }
  | {
      readonly kind: 'end-stream'
      readonly error: Error | undefined
      readonly afterMessages: number
    }

/** A fault in force. */
export class FaultRule implements Fault {
  readonly action: FaultAction
  readonly met: Promise<void>
  readonly #method: Method | undefined
  readonly #over: (rule: FaultRule) => void
  #left: number
  #hits = 0
  #tellMet: () => void = () => {}
  /** What to do when the fault is undone: calls it holds back, streams it bears on. */
  readonly #undo = new Set<() => void>()

  /** `over` is called when no more calls can meet it. */
  constructor(action: FaultAction, match: FaultMatch, over: (rule: FaultRule) => void) {
    const { times = Number.POSITIVE_INFINITY } = match
    if (!(times >= 1)) throw new RangeError(`Cannot make a fault: times is ${times}`)
    this.action = action
    this.#method = match.method
    this.#left = times
    this.#over = over
    this.met = new Promise((resolve) => {
      this.#tellMet = resolve
    })
  }

  get hits(): number {
    return this.#hits
  }

  /** Whether it is for calls of `method`. */
  isFor(method: Method): boolean {
    return this.#left > 0 && (this.#method === undefined || this.#method.path === method.path)
  }

  /** Counts a call that meets it. */
  meet(): void {
    this.#hits += 1
    this.#left -= 1
    this.#tellMet()
    if (this.#left === 0) this.#over(this)
  }

  /** Has `run` called when the fault is undone; the answer calls that off. */
  whenUndone(run: () => void): () => void {
    this.#undo.add(run)
    return () => this.#undo.delete(run)
  }

  [Symbol.dispose](): void {
    this.#left = 0
    this.#over(this)
    const undo = [...this.#undo]
    this.#undo.clear()
    for (const run of undo) run()
  }
}
