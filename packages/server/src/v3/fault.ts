// What a server can be told to do wrong, as a test says it.

import type { EtcdErrorCode, Method } from '@etcdkit/protocol'

/**
 * Which calls a fault is for.
 *
 * @example
 * ```ts
 * import { EtcdServer, KV } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * server.faults.cut({ method: KV.put, times: 1 })
 * ```
 */
export interface FaultMatch {
  /** Calls of this method only, for example `KV.put`. Default: all calls. */
  readonly method?: Method | undefined
  /** How many calls meet the fault before it is over. A stream is one call. Default: no end. */
  readonly times?: number | undefined
}

/**
 * A fault in force. Disposing undoes it; what it holds back is then let go.
 *
 * @example
 * ```ts
 * import { EtcdServer, KV } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * {
 *   using fault = server.faults.refuse({ code: 'no-leader', method: KV.put })
 *   await fault.met
 * }
 * ```
 */
export interface Fault extends Disposable {
  /** How many calls have met it. */
  readonly hits: number
  /** Resolves when the first call meets it; never rejects. */
  readonly met: Promise<void>
}

/**
 * How late answers come.
 *
 * @example
 * ```ts
 * import { EtcdServer } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * server.faults.delay({ delayMs: 100 })
 * ```
 */
export interface DelayOptions extends FaultMatch {
  /** Milliseconds of the server's clock between an answer and its sending. With a manual clock: until it is moved. */
  readonly delayMs: number
}

/**
 * What a call is refused with.
 *
 * @example
 * ```ts
 * import { EtcdServer } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * server.faults.refuse({ code: 'timeout', applied: true, times: 1 })
 * ```
 */
export interface RefuseOptions extends FaultMatch {
  /** The error, as etcd says it. */
  readonly code: EtcdErrorCode
  /** Other words for it. Default: etcd's own. */
  readonly message?: string | undefined
  /** Apply the request all the same, and refuse then: as a leader that is lost between the two. Default: false. */
  readonly applied?: boolean | undefined
}

/**
 * What becomes of a call whose answer is dropped.
 *
 * @example
 * ```ts
 * import { EtcdServer, KV } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * server.faults.dropAnswer({ method: KV.txn, then: 'reset', times: 1 })
 * ```
 */
export interface DropAnswerOptions extends FaultMatch {
  /** `cut` its connection, `reset` its stream, or leave it open in `silence`. Default: `cut`. */
  readonly then?: 'cut' | 'reset' | 'silence' | undefined
}

/**
 * The error codes of HTTP/2 that a stream can be reset with.
 *
 * @example
 * ```ts
 * import type { ResetCode } from '@etcdkit/server'
 *
 * const code: ResetCode = 'refused-stream'
 * ```
 */
export type ResetCode =
  | 'no-error'
  | 'internal-error'
  | 'refused-stream'
  | 'cancel'
  | 'enhance-your-calm'

/**
 * How the streams of calls are reset.
 *
 * @example
 * ```ts
 * import { EtcdServer } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * server.faults.reset({ code: 'enhance-your-calm', times: 3 })
 * ```
 */
export interface ResetOptions extends FaultMatch {
  /** Default: `refused-stream`, which says that nothing was done. */
  readonly code?: ResetCode | undefined
}

/**
 * Which streams end, and how.
 *
 * @example
 * ```ts
 * import { EtcdServer, Watch } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * server.faults.endStreams({ method: Watch.watch, code: 'no-leader', afterMessages: 2, times: 1 })
 * ```
 */
export interface EndStreamsOptions {
  /** Streams of this method only. Default: all. */
  readonly method?: Method | undefined
  /** The error they end with. Default: none, they end well. */
  readonly code?: EtcdErrorCode | undefined
  /** How many messages each may still send. Default 0: it ends at once. */
  readonly afterMessages?: number | undefined
  /** How many streams end, first those that are open, then those that are opened. Default: those that are open. */
  readonly times?: number | undefined
}

/**
 * What a server can be told to do wrong.
 *
 * Each fault is in force until it is disposed or has been met `times` times. Faults of different kinds add up; of two
 * of a kind the older goes first. They hold for calls over gRPC and in the same process alike, and for streams that
 * are already open, where nothing else is said.
 *
 * @example
 * ```ts
 * import { EtcdServer, KV } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create()
 * {
 *   using lost = server.faults.dropAnswer({ method: KV.put, times: 1 })
 *   // The next put is applied, and its connection breaks before the answer.
 *   await lost.met
 * }
 * ```
 */
export interface Faults {
  /** Answers come late. Each message of a stream, too, in their order. */
  delay(options: DelayOptions): Fault
  /** Calls that begin are answered with an error: before they are applied or, `applied`, in the place of their first answer. */
  refuse(options: RefuseOptions): Fault
  /** Requests are applied, and their answer is lost. A stream loses its next message, and in silence all that follow. */
  dropAnswer(options?: DropAnswerOptions): Fault
  /**
   * Breaks connections: all there are, now; or, given a method or a number of times, those on which such calls begin,
   * before they are applied.
   */
  cut(match?: FaultMatch): Fault
  /** Resets the HTTP/2 streams of calls that begin, before they are applied. */
  reset(options?: ResetOptions): Fault
  /** Tells all connections to open no more calls (GOAWAY); those under way go on. In the same process: nothing. */
  goAway(): void
  /** Closes new connections as they come. In the same process: calls fail as if they could not connect. */
  refuseConnections(): Disposable
  /**
   * Takes calls and says nothing: requests wait, unapplied, and so do the messages of open streams. Undone, what waited
   * is done. Without a method and times the whole server is silent: it takes connections, and does not even answer a PING
   * (calls that come over them are not among its `hits`: it does not read them).
   */
  silence(match?: FaultMatch): Fault
  /** Ends streams, well or with an error. */
  endStreams(options?: EndStreamsOptions): Fault
  /** Compacts the store at its newest revision, and ends all watches as if that had overtaken them. Returns the revision. */
  compactWatches(): number
  /** Undoes every fault in force. */
  clear(): void
}
