// The faults an open stream bears: what they hold back, delay and lose.

import type { Clock } from '../store/clock.ts'
import type { FaultAction, FaultRule } from './fault-rule.ts'
import type { CallStatus } from './status.ts'
import { dropAnswer } from './unary-call.ts'
import type { StreamWire } from './wire.ts'

/** What a stream's faults do to it. */
export interface FaultyEnds {
  /** Sends a message on the wire. `false`: the reader is full. */
  send(message: object): boolean
  /** Ends the stream, whatever its service thinks of it. */
  stop(error: unknown): void
  /** Silence is over, or what was late is sent: the service may go on. */
  goOn(): void
}

interface Late {
  readonly due: number
  readonly send: () => void
  readonly forget: () => void
}

type Action<K extends FaultAction['kind']> = Extract<FaultAction, { readonly kind: K }>

/** As many messages may be late before the service is told that its reader is full. */
const maxLate = 128

/** What stands between a stream's service and its wire. */
export class StreamFaults {
  readonly #wire: StreamWire<object>
  readonly #clock: Clock
  readonly #ends: FaultyEnds
  #silences = 0
  /** A message was lost, and the stream left open: no connection delivers those that come after it. */
  #isLost = false
  #delays: Action<'delay'>[] = []
  #drops: Action<'drop-answer' | 'refuse'>[] = []
  #endings: { readonly error: Error | undefined; left: number }[] = []
  /** Messages, and then perhaps the end, that wait for their time or for the silence to end. */
  #late: Late[] = []
  /** Requests that wait for the silence to end. */
  #held: (() => void)[] = []

  constructor(wire: StreamWire<object>, clock: Clock, ends: FaultyEnds) {
    this.#wire = wire
    this.#clock = clock
    this.#ends = ends
  }

  /** Whether nothing is read or sent for now. */
  get silent(): boolean {
    return this.#silences > 0
  }

  /** Bears a fault until it is undone. */
  bear(rule: FaultRule): void {
    const { action } = rule
    switch (action.kind) {
      case 'silence':
        this.#silences += 1
        rule.whenUndone(() => this.#endSilence())
        break
      case 'delay':
        bearOne(this.#delays, action, rule)
        break
      case 'refuse':
      case 'drop-answer':
        bearOne(this.#drops, action, rule)
        break
      case 'end-stream':
        if (action.afterMessages === 0) this.#ends.stop(action.error)
        else bearOne(this.#endings, { error: action.error, left: action.afterMessages }, rule)
    }
  }

  /** Puts a request by, if the stream is silent. */
  hold(request: () => void): boolean {
    if (!this.silent) return false
    this.#held.push(request)
    return true
  }

  /** Sends a message, or whatever the faults make of that. */
  message(message: object): boolean {
    if (this.#isLost) return true
    const drop = this.#drops.shift()
    if (drop !== undefined) {
      this.#drop(drop)
      return true
    }
    const room = this.#sendInTime(() => this.#ends.send(message))
    this.#countMessage()
    return room
  }

  /** Ends the stream, after what is late. */
  end(status: CallStatus): void {
    this.#sendInTime(() => {
      this.#wire.end(status)
      return true
    })
  }

  /** Forgets what is late: nobody waits for it any more. */
  clear(): void {
    for (const late of this.#late.splice(0)) late.forget()
    this.#held = []
  }

  #drop(drop: Action<'drop-answer' | 'refuse'>): void {
    if (drop.kind === 'refuse') this.#ends.stop(drop.error)
    else {
      this.#isLost = drop.then === 'silence'
      dropAnswer(this.#wire, drop.then)
    }
  }

  #countMessage(): void {
    for (const ending of [...this.#endings]) {
      ending.left -= 1
      if (ending.left === 0) this.#ends.stop(ending.error)
    }
  }

  #sendInTime(send: () => boolean): boolean {
    const delayMs = this.#delays[0]?.delayMs
    if (delayMs === undefined && !this.silent && this.#late.length === 0) return send()
    const due = this.#clock.now() + (delayMs ?? 0)
    const forget = this.#clock.after(delayMs ?? 0, () => this.#flush())
    this.#late.push({ due, send, forget })
    return !this.silent && this.#late.length < maxLate
  }

  #endSilence(): void {
    this.#silences -= 1
    if (this.silent) return
    for (const request of this.#held.splice(0)) request()
    this.#flush()
  }

  #flush(): void {
    if (this.silent) return
    const now = this.#clock.now()
    for (;;) {
      const first = this.#late[0]
      if (first === undefined || first.due > now) break
      this.#late.shift()
      first.send()
    }
    if (this.#late.length === 0) this.#ends.goOn()
  }
}

function bearOne<T>(borne: T[], one: T, rule: FaultRule): void {
  borne.push(one)
  rule.whenUndone(() => {
    const place = borne.indexOf(one)
    if (place !== -1) borne.splice(place, 1)
  })
}
