// What calls over gRPC have in common: their HTTP/2 stream, their metadata, and how they can be broken.

import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2'
import { DecodeError, statusNumbers } from '@etcdkit/protocol'
import type { ResetCode } from '../fault.ts'
import type { CallContext } from '../service.ts'
import { type CallStatus, StatusError } from '../status.ts'
import type { Breakable } from '../wire.ts'
import { MessageReader } from './frame.ts'
import { startTimeout } from './grpc-timeout.ts'
import { responseHeaders, trailersOf, withoutMessages } from './response-headers.ts'

/** What a call needs of the server it came to. */
export interface GrpcHost {
  /** Largest message a client may send, in bytes. */
  readonly maxMessageBytes: number
  /** The common name in the certificate that the client had to show. */
  readonly commonName: string | undefined
  /** Breaks the connection. */
  cut(): void
  /** Something was sent. */
  sent(): void
  /** A call is over. */
  ended(): void
}

/** A call on its stream. */
export abstract class GrpcCall implements CallContext, Breakable {
  requestBytes = 0
  protected readonly stream: ServerHttp2Stream
  protected readonly host: GrpcHost
  protected readonly reader: MessageReader
  readonly #headers: IncomingHttpHeaders
  #abort: AbortController | undefined
  #stopTimeout: (() => void) | undefined

  constructor(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, host: GrpcHost) {
    this.stream = stream
    this.host = host
    this.#headers = headers
    this.reader = new MessageReader(host.maxMessageBytes, encodingOf(headers))
    // An error is followed by `close`, which says all there is to do.
    stream.on('error', ignore)
  }

  metadata(name: string): string | undefined {
    const value = this.#headers[name]
    return Array.isArray(value) ? value[0] : value
  }

  get commonName(): string | undefined {
    return this.host.commonName
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.stream.closed) this.#abort.abort()
    return this.#abort.signal
  }

  reset(code: ResetCode): void {
    if (!this.stream.closed) this.stream.close(resetCodes[code])
  }

  cut(): void {
    this.host.cut()
  }

  protected get responseHeaders(): OutgoingHttpHeaders {
    return responseHeaders(this.#headers['content-type'])
  }

  /** Has `expire` called when the client's time is up. */
  protected limitTime(expire: () => void): void {
    const timeout = this.metadata('grpc-timeout')
    if (timeout !== undefined) this.#stopTimeout = startTimeout(timeout, expire)
  }

  /** The stream is gone: nobody waits any more. */
  protected closed(): void {
    this.#stopTimeout?.()
    this.host.ended()
    this.#abort?.abort()
  }

  /** Ends a call that has no messages to send. */
  protected respondWithout(status: CallStatus): void {
    if (this.stream.closed || this.stream.destroyed) return
    this.host.sent()
    this.stream.respond({ ...this.responseHeaders, ...trailersOf(status) }, withoutMessages)
  }
}

/**
 * Reads a request. Throws what a server says of bytes that are none, which begins with `failure`.
 * Source: grpc-go `server.go`, processUnaryRPC, and `rpc_util.go`, recv.
 */
export function decodeRequest<I>(
  type: { decode(bytes: Uint8Array): I },
  bytes: Uint8Array,
  failure: string,
): I {
  try {
    return type.decode(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    throw new StatusError({
      status: statusNumbers.internal,
      message: `grpc: ${failure}: ${error.message}`,
    })
  }
}

/** The codes of HTTP/2 by their names. */
export const resetCodes: Readonly<Record<ResetCode, number>> = {
  'no-error': constants.NGHTTP2_NO_ERROR,
  'internal-error': constants.NGHTTP2_INTERNAL_ERROR,
  'refused-stream': constants.NGHTTP2_REFUSED_STREAM,
  cancel: constants.NGHTTP2_CANCEL,
  'enhance-your-calm': constants.NGHTTP2_ENHANCE_YOUR_CALM,
}

function encodingOf(headers: IncomingHttpHeaders): string {
  const encoding = headers['grpc-encoding']
  return typeof encoding === 'string' && encoding !== '' ? encoding : 'identity'
}

function ignore(): void {}
