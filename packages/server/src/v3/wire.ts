// The wire's side of a call: what a service's answers, and a server's faults, come down to.

import type { ResetCode } from './fault.ts'
import type { CallStatus } from './status.ts'

/** How a call can be broken. */
export interface Breakable {
  /** Ends the call without a status. */
  reset(code: ResetCode): void
  /** Breaks the connection that the call came on. */
  cut(): void
}

/** A call with one answer. What comes when the call is over does nothing. */
export interface UnaryWire<O extends object> extends Breakable {
  answer(message: O): void
  fail(error: unknown): void
}

/** A stream. What comes when it is over does nothing. */
export interface StreamWire<O extends object> extends Breakable {
  /** Sends; `false` when the reader is full: it then calls `writable` on the stream when there is room. */
  message(message: O): boolean
  end(status: CallStatus): void
  /** Reads requests again, if that was stopped because the stream was full. */
  resume(): void
}
