// A call with one answer, on its way through the faults to its service and back.

import type { Clock } from '../store/clock.ts'
import type { FaultBook } from './fault-book.ts'
import { countHandled, type Route } from './route.ts'
import type { CallContext, UnaryService } from './service.ts'
import { statusOfError } from './status.ts'
import type { Breakable, UnaryWire } from './wire.ts'

type AnyUnary = UnaryService<object, object>

/** A call, and how it is answered. */
export interface UnaryCall {
  readonly route: Route<AnyUnary>
  readonly request: object
  readonly context: CallContext
  readonly wire: UnaryWire<object>
}

/** Has the service answer. */
export function serveUnary(call: UnaryCall): void {
  const { route, request, context, wire } = call
  route.started += 1
  let answer: object | Promise<object>
  try {
    answer = route.service.handle(request, context)
  } catch (error) {
    fail(route, wire, error)
    return
  }
  if (answer instanceof Promise) {
    answer
      .then((message) => succeed(route, wire, message))
      .catch((error: unknown) => fail(route, wire, error))
  } else succeed(route, wire, answer)
}

/** Has the service answer, and has the call meet what faults there are for it. */
export function serveFaultyUnary(call: UnaryCall, faults: FaultBook, clock: Clock): void {
  const { method } = call.route.service
  const silence = faults.take('silence', method)
  if (silence === undefined) begin(call, faults, clock)
  else {
    silence.rule.whenUndone(() => {
      if (!call.context.signal.aborted) begin(call, faults, clock)
    })
  }
}

function begin(call: UnaryCall, faults: FaultBook, clock: Clock): void {
  const { method } = call.route.service
  const { wire } = call
  if (faults.take('cut', method) !== undefined) {
    wire.cut()
    return
  }
  const reset = faults.take('reset', method)
  if (reset !== undefined) {
    wire.reset(reset.action.code)
    return
  }
  const refusal = faults.take('refuse', method)?.action
  const faulty = new FaultyWire(call, faults, clock)
  if (refusal?.applied === false) faulty.fail(refusal.error)
  else serveUnary({ ...call, wire: refusal === undefined ? faulty : faulty.failing(refusal.error) })
}

/** Breaks a call as a dropped answer asks for. */
export function dropAnswer(wire: Breakable, then: 'cut' | 'reset' | 'silence'): void {
  if (then === 'cut') wire.cut()
  if (then === 'reset') wire.reset('internal-error')
}

/** A wire that loses answers and delays them. */
class FaultyWire implements UnaryWire<object> {
  readonly #call: UnaryCall
  readonly #faults: FaultBook
  readonly #clock: Clock

  constructor(call: UnaryCall, faults: FaultBook, clock: Clock) {
    this.#call = call
    this.#faults = faults
    this.#clock = clock
  }

  /** The same, with `error` in the place of an answer. */
  failing(error: Error): UnaryWire<object> {
    const fail = (): void => this.fail(error)
    return { answer: fail, fail, reset: (code) => this.reset(code), cut: () => this.cut() }
  }

  answer(message: object): void {
    this.#deliver(() => this.#call.wire.answer(message))
  }

  fail(error: unknown): void {
    this.#deliver(() => this.#call.wire.fail(error))
  }

  reset(code: Parameters<Breakable['reset']>[0]): void {
    this.#call.wire.reset(code)
  }

  cut(): void {
    this.#call.wire.cut()
  }

  #deliver(send: () => void): void {
    const { method } = this.#call.route.service
    const dropped = this.#faults.take('drop-answer', method)
    if (dropped !== undefined) {
      dropAnswer(this.#call.wire, dropped.action.then)
      return
    }
    const delay = this.#faults.take('delay', method)
    if (delay === undefined) send()
    else this.#clock.after(delay.action.delayMs, send)
  }
}

function succeed(route: Route, wire: UnaryWire<object>, message: object): void {
  countHandled(route, 0)
  wire.answer(message)
}

function fail(route: Route, wire: UnaryWire<object>, error: unknown): void {
  countHandled(route, statusOfError(error).status)
  wire.fail(error)
}
