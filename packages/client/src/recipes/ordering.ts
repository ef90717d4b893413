// A transport that never shows an older store than it has shown before.

import {
  type CallOptions,
  EtcdError,
  type EventSink,
  KV,
  type MessageInit,
  type MessageStream,
  type ResponseHeader,
  type StreamMethod,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'

/** How to guard against reads that go back in time. */
export interface OrderingOptions {
  /** How often a read that is too old is tried again, each time on the next endpoint. Default: 15. */
  readonly maxRetries?: number | undefined
}

const defaultMaxRetries = 15

/** What is answered with the revision of a store that a client has seen. */
const guarded: ReadonlySet<string> = /* @__PURE__ */ (() => new Set([KV.range.path, KV.txn.path]))()

/**
 * Wraps a transport so that reads never go back in time: a member that lags behind (`serializable` reads, a member cut
 * off from its peers) may answer with an older revision than another has before. Such an answer is not shown; the read
 * is tried again on another endpoint, and rejects with `no-greater-revision` if none has caught up.
 *
 * Source: etcd `client/v3/ordering`.
 *
 * @example
 * ```ts
 * import { Etcd, GrpcTransport, ordering } from 'etcdkit'
 *
 * const transport = ordering(new GrpcTransport({ endpoints: 'http://a:2379,http://b:2379' }))
 * await using etcd = new Etcd({ transport })
 * await etcd.get('config/port', { serializable: true })
 * ```
 */
export function ordering(transport: Transport, options: OrderingOptions = {}): Transport {
  const { maxRetries = defaultMaxRetries } = options
  if (!Number.isSafeInteger(maxRetries) || maxRetries < 0) {
    throw new RangeError(`maxRetries is an integer of at least 0, not ${maxRetries}`)
  }
  return new OrderingTransport(transport, maxRetries)
}

class OrderingTransport implements Transport {
  readonly #inner: Transport
  readonly #maxRetries: number
  #newest = 0

  constructor(inner: Transport, maxRetries: number) {
    this.#inner = inner
    this.#maxRetries = maxRetries
  }

  get fullDuplex(): boolean {
    return this.#inner.fullDuplex
  }

  get onEvent(): EventSink | undefined {
    return this.#inner.onEvent
  }

  set onEvent(sink: EventSink | undefined) {
    this.#inner.onEvent = sink
  }

  async unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    // What was seen before the call was made: calls that overlap are in no order.
    const seen = this.#newest
    for (let tries = 0; ; tries++) {
      const response = await this.#inner.unary(method, request, options)
      const revision = revisionOf(response)
      if (revision > this.#newest) this.#newest = revision
      if (revision === 0 || revision >= seen || !guarded.has(method.path)) return response
      if (hasWritten(response) || tries === this.#maxRetries) throw tooOld(revision, seen)
    }
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    return this.#inner.stream(method, options)
  }

  renewToken(stream?: object): boolean {
    return this.#inner.renewToken?.(stream) ?? false
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}

function revisionOf(response: object): number {
  // Answers of etcd have a header; what has none is not guarded.
  const { header } = response as { readonly header?: ResponseHeader }
  return header?.revision ?? 0
}

// A transaction that wrote goes through the leader, whose revision is the newest there is.
function hasWritten(response: object): boolean {
  const { responses = [] } = response as {
    readonly responses?: readonly { responsePut?: object; responseDeleteRange?: object }[]
  }
  return responses.some(
    ({ responsePut, responseDeleteRange }) =>
      responsePut !== undefined || responseDeleteRange !== undefined,
  )
}

function tooOld(revision: number, seen: number): EtcdError {
  return new EtcdError(
    `revision ${revision} is older than revision ${seen}, which was seen before, on every endpoint tried`,
    { code: 'no-greater-revision', outcome: 'unknown' },
  )
}
