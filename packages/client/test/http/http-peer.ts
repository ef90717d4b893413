// A server on a port of its own for tests of HTTP clients, and what a client hears of one request.

import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { Server, Socket } from 'node:net'
import type {
  HttpClient,
  HttpExchange,
  HttpHeaders,
  HttpOrigin,
  HttpRequest,
} from '../../src/http/http-client.ts'
import type { HttpError } from '../../src/http/http-error.ts'

/** A running server. Disposing cuts its connections. */
export interface HttpPeer extends AsyncDisposable {
  readonly origin: HttpOrigin
  readonly sockets: ReadonlySet<Socket>
}

/** Starts a server of HTTP/1.1. */
export async function startPeer(answer: RequestListener): Promise<HttpPeer> {
  return listenOn(createServer(answer))
}

/** Has a server listen on a port of its own. */
export async function listenOn(server: Server): Promise<HttpPeer> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot listen on a port')
  return {
    origin: { url: `http://127.0.0.1:${address.port}` },
    sockets,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** A port that nobody listens on. */
export async function closedOrigin(): Promise<HttpOrigin> {
  await using peer = await startPeer(() => undefined)
  return peer.origin
}

/** What a client hears of a request. */
export interface Heard {
  readonly exchange: HttpExchange
  /** Resolves with the head. */
  readonly head: Promise<{ readonly status: number; readonly headers: HttpHeaders }>
  /** Resolves with the whole body. Rejects with the `HttpError`. */
  readonly body: Promise<string>
  /** Bytes that have come so far. */
  readonly bytes: () => number
}

/** Sends a request and takes note of what comes. */
export function listenTo(
  client: HttpClient,
  origin: HttpOrigin,
  request: Partial<HttpRequest> = {},
): Heard {
  const chunks: Uint8Array[] = []
  const head = settler<{ readonly status: number; readonly headers: HttpHeaders }>()
  const body = settler<string>()
  const exchange = client.send(
    origin,
    { method: 'GET', path: '/', headers: {}, ...request },
    {
      onHead: (status, headers) => head.resolve({ status, headers }),
      onData: (chunk) => chunks.push(chunk),
      onEnd: () => body.resolve(Buffer.concat(chunks).toString()),
      onError: (error: HttpError) => {
        head.reject(error)
        body.reject(error)
      },
    },
  )
  const bytes = (): number => chunks.reduce((sum, { length }) => sum + length, 0)
  return { exchange, head: head.promise, body: body.promise, bytes }
}

interface Settler<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

/** A promise to be settled from outside; that nobody looks at it is no failure. */
export function settler<T>(): Settler<T> {
  let resolve: (value: T) => void = () => undefined
  let reject: (reason: unknown) => void = () => undefined
  const promise = new Promise<T>((...functions) => {
    resolve = functions[0]
    reject = functions[1]
  })
  promise.catch(() => undefined)
  return { promise, resolve, reject }
}
