// gRPC by hand on `node:http2`: what was sent and what came back, frame by frame as far as Node shows it.

import { once } from 'node:events'
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from 'node:http2'
import type { Method } from '@etcdkit/protocol'

/** What to send. */
export interface RawRequest {
  readonly path: string
  /** More headers; `undefined` takes one away. */
  readonly headers?: OutgoingHttpHeaders
  /** Pieces of the body, each a DATA frame. */
  readonly body?: readonly Uint8Array[]
  /** Leave the client's side open. */
  readonly open?: boolean
}

/** What came back, to the end of the stream. */
export interface RawAnswer {
  readonly headers: IncomingHttpHeaders
  /** Whether the first headers were the last frame. */
  readonly trailersOnly: boolean
  readonly trailers: IncomingHttpHeaders
  readonly messages: readonly Uint8Array[]
  readonly resetCode: number
}

/** A connection, closed on dispose. */
export interface RawConnection extends AsyncDisposable {
  readonly session: ClientHttp2Session
  /** Sends, and waits for the end. */
  call(request: RawRequest): Promise<RawAnswer>
  /** Opens a stream to write to and read from by hand. */
  open(method: Method, headers?: OutgoingHttpHeaders): ClientHttp2Stream
}

/** Connects. */
export async function connectRaw(
  endpoint: string,
  options: Parameters<typeof connect>[1] = {},
): Promise<RawConnection> {
  const session = connect(endpoint, options)
  session.on('error', () => {})
  await once(session, 'connect')
  const start = (request: RawRequest): ClientHttp2Stream => {
    const headers = {
      ':method': 'POST',
      ':path': request.path,
      te: 'trailers',
      'content-type': 'application/grpc',
      ...request.headers,
    }
    const sent = Object.entries(headers).filter(([, value]) => value !== undefined)
    return session.request(Object.fromEntries(sent), { endStream: false })
  }
  return {
    session,
    call: (request) => finish(start(request), request),
    open: (method, headers = {}) => start({ path: method.path, headers }),
    async [Symbol.asyncDispose]() {
      if (session.destroyed) return
      session.destroy()
      if (!session.closed) await once(session, 'close')
    },
  }
}

async function finish(stream: ClientHttp2Stream, request: RawRequest): Promise<RawAnswer> {
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let trailersOnly = false
  const chunks: Buffer[] = []
  stream.on('response', (received, flags) => {
    headers = received
    trailersOnly = (flags & 1) === 1
  })
  stream.on('trailers', (received) => {
    trailers = received
  })
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  stream.on('error', () => {})
  for (const piece of request.body ?? []) stream.write(piece)
  if (!request.open) stream.end()
  // A server that does not reset a stream leaves it to its client to end its own side.
  stream.on('end', () => stream.end())
  await once(stream, 'close')
  const messages = unframe(Buffer.concat(chunks))
  return { headers, trailersOnly, trailers, messages, resetCode: stream.rstCode ?? 0 }
}

/** A message with gRPC's prefix. */
export function framed(message: Uint8Array, flag = 0): Buffer {
  const prefix = Buffer.alloc(5)
  prefix[0] = flag
  prefix.writeUInt32BE(message.length, 1)
  return Buffer.concat([prefix, message])
}

/** The messages in a body. */
export function unframe(body: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1)
    messages.push(body.subarray(at + 5, end))
    at = end
  }
  return messages
}

/** The answers on a stream, one at a time. */
export async function* answersOf<O extends object>(
  method: Method<object, O>,
  stream: ClientHttp2Stream,
): AsyncGenerator<O, void> {
  let rest = Buffer.alloc(0)
  for await (const chunk of stream) {
    rest = Buffer.concat([rest, chunk as Buffer])
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1)
      yield method.output.decode(rest.subarray(5, end))
      rest = rest.subarray(end)
    }
  }
}
