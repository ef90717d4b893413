// What a server can be told to do wrong, as a test says it.

import type { EtcdErrorCode, Method } from '@etcdkit/protocol'

/** Which calls a fault is for. */
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
 * {
 *   using fault = server.faults.refuse({ code: 'no-leader', method: KV.put, times: 1 })
 *   await fault.met
 * }
 */
export interface Fault extends Disposable {
  /** How many calls have met it. */
  readonly hits: number
  /** Resolves when the first call meets it; never rejects. */
  readonly met: Promise<void>
}

/** How late answers come. */
export interface DelayOptions extends FaultMatch {
  /** Milliseconds of the server's clock between an answer and its sending. With a manual clock: until it is moved. */
  readonly delayMs: number
}

/** What a call is refused with. */
export interface RefuseOptions extends FaultMatch {
  /** The error, as etcd says it. */
  readonly code: EtcdErrorCode
  /** Other words for it. Default: etcd's own. */
  readonly message?: string | undefined
  /** Apply the request all the same, and refuse then: as a leader that is lost between the two. Default: false. */
  readonly applied?: boolean | undefined
}

/** What becomes of a call whose answer is dropped. */
export interface DropAnswerOptions extends FaultMatch {
  /** `cut` its connection, `reset` its stream, or leave it open in `silence`. Default: `cut`. */
  readonly then?: 'cut' | 'reset' | 'silence' | undefined
}

/** The error codes of HTTP/2 that a stream can be reset with. */
export type ResetCode = 'no-error' | 'internal-error' | 'refused-stream' | 'cancel' | 'enhance-your-calm'

/** How the streams of calls are reset. */
export interface ResetOptions extends FaultMatch {
  /** Default: `refused-stream`, which says that nothing was done. */
  readonly code?: ResetCode | undefined
}

/** Which streams end, and how. */
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
