// The one error of etcdkit. Its codes come from one table; nothing else reads message text.

import type { EtcdErrorCode } from './error-code.ts'

/** What is known of a write that failed: surely not applied, or possibly applied. */
export type Outcome = 'not-applied' | 'unknown'

/** What an `EtcdError` is made of beside its message. */
export interface EtcdErrorOptions {
  readonly code: EtcdErrorCode
  readonly outcome?: Outcome | undefined
  readonly endpoint?: string | undefined
  readonly cause?: unknown
}

/** Everything that can go wrong between a caller and etcd, told by `code`. */
export class EtcdError extends Error {
  /** Which failure it is, of a closed set. */
  readonly code: EtcdErrorCode
  /** For a failed write: whether it may have been applied all the same. `undefined` for reads. */
  readonly outcome: Outcome | undefined
  /** The endpoint that answered or failed, if one was involved. */
  readonly endpoint: string | undefined

  constructor(message: string, options: EtcdErrorOptions) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'EtcdError'
    this.code = options.code
    this.outcome = options.outcome
    this.endpoint = options.endpoint
  }
}

/** The revision asked for is gone. */
export class CompactedError extends EtcdError {
  /** The revision the store was compacted at; reads and watches from it on are possible. `undefined` if the server did not say. */
  readonly compactRevision: number | undefined

  constructor(
    message: string,
    options: Omit<EtcdErrorOptions, 'code'> & { compactRevision?: number | undefined },
  ) {
    super(message, { ...options, code: 'compacted' })
    this.name = 'CompactedError'
    this.compactRevision = options.compactRevision
  }
}

/** Options of a call that cannot be. A transport rejects with it before any I/O; callers see a `TypeError`. */
export class CallOptionsError extends TypeError {}
