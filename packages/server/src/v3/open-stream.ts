// An open stream: its service on one side, its wire on the other, and the faults it bears between them.

import type { Method } from '@etcdkit/protocol'
import type { Clock } from '../store/clock.ts'
import type { FaultBook, FaultyStream } from './fault-book.ts'
import type { FaultRule } from './fault-rule.ts'
import { countHandled, type Route } from './route.ts'
import type { CallContext, StreamHandler, StreamService, StreamSink } from './service.ts'
import { ok, statusOfError } from './status.ts'
import { type FaultyEnds, StreamFaults } from './stream-faults.ts'
import type { StreamWire } from './wire.ts'

/** What a stream is made of. */
export interface StreamParts {
  readonly route: Route<StreamService<object, object>>
  readonly context: CallContext
  readonly wire: StreamWire<object>
  readonly faults: FaultBook
  readonly clock: Clock
}

const canceled = 1

/** A stream from its opening to its end. */
export class OpenStream implements StreamSink<object>, FaultyStream, FaultyEnds {
  readonly #parts: StreamParts
  readonly #wire: StreamWire<object>
  #handler: StreamHandler<object> | undefined
  #faults: StreamFaults | undefined
  #wireFull = false
  /** Whether its service is done with it; late messages may still be on their way then. */
  #ended = false

  constructor(parts: StreamParts) {
    this.#parts = parts
    this.#wire = parts.wire
  }

  get method(): Method {
    return this.#parts.route.service.method
  }

  /** Whether the wire should read no more requests now. */
  get full(): boolean {
    return (this.#faults?.silent ?? false) || (this.#handler?.full ?? false)
  }

  /** Begins: meets the faults of new calls, then has the service open it. */
  start(): void {
    const { route, context, faults } = this.#parts
    route.started += 1
    if (!faults.idle && this.#broken()) return
    faults.join(this)
    if (this.#ended) return
    try {
      this.#handler = route.service.open(this, context)
    } catch (error) {
      this.end(error)
    }
  }

  // From the wire.

  request(message: object): void {
    if (this.#ended || this.#faults?.hold(() => this.request(message))) return
    try {
      this.#handler?.message(message)
    } catch (error) {
      this.stop(error)
    }
  }

  halfClose(): void {
    if (this.#ended || this.#faults?.hold(() => this.halfClose())) return
    this.#handler?.halfClose()
  }

  /** The wire has room again. */
  writable(): void {
    this.#wireFull = false
    this.goOn()
  }

  /** The client is gone. */
  gone(): void {
    this.#faults?.clear()
    if (this.#finish(canceled)) this.#handler?.close()
  }

  // From the service.

  message(message: object): boolean {
    if (this.#ended) return true
    return this.#faults === undefined ? this.send(message) : this.#faults.message(message)
  }

  end(error?: unknown): void {
    const status = error === undefined ? ok : statusOfError(error)
    if (this.#finish(status.status)) (this.#faults ?? this.#wire).end(status)
  }

  // From the server and its faults.

  /** Ends the stream, whatever its service thinks of it. */
  stop(error: unknown): void {
    if (this.#ended) return
    this.end(error)
    // The service may be in the middle of sending.
    queueMicrotask(() => this.#handler?.close())
  }

  send(message: object): boolean {
    let room = true
    try {
      room = this.#wire.message(message)
    } catch (error) {
      // The service is not to blame, and may be in the middle of something.
      this.stop(error)
    }
    if (!room) this.#wireFull = true
    return room
  }

  bear(rule: FaultRule): void {
    this.#faults ??= new StreamFaults(this.#wire, this.#parts.clock, this)
    this.#faults.bear(rule)
  }

  goOn(): void {
    if (this.#ended || this.#wireFull || (this.#faults?.silent ?? false)) return
    this.#handler?.ready()
    if (!this.full) this.#wire.resume()
  }

  /** Whether a fault of new calls has ended it before it began. */
  #broken(): boolean {
    const { faults } = this.#parts
    if (faults.take('cut', this.method) !== undefined) {
      this.#wire.cut()
      return true
    }
    const reset = faults.take('reset', this.method)
    if (reset !== undefined) {
      this.#wire.reset(reset.action.code)
      return true
    }
    const refusal = faults.take('refuse', this.method)
    if (refusal?.action.applied) this.bear(refusal.rule)
    else if (refusal !== undefined) this.end(refusal.action.error)
    return this.#ended
  }

  #finish(status: number): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#parts.faults.leave(this)
    countHandled(this.#parts.route, status)
    return true
  }
}
