// Plain HTTP on connections that are handed over: HTTP/1.1 sockets, and streams of HTTP/2 that are no calls.

import { createServer, type Server } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { answerPlain } from './plain-http.ts'
import type { PlainSource } from './plain-page.ts'

/** A server that does not listen: connections are given to it by `emit('connection', socket)`. */
export function createPlainServer(source: PlainSource): Server {
  return createServer((request, response) => {
    const { method = '', url = '' } = request
    const { status, headers, body } = answerPlain(source, { method, url })
    request.resume()
    response.writeHead(status, headers)
    response.end(method === 'HEAD' ? undefined : body)
  })
}

/** Answers one stream of HTTP/2. */
export function answerStream(
  source: PlainSource,
  stream: ServerHttp2Stream,
  requested: IncomingHttpHeaders,
): void {
  // An error is followed by the end of the stream; nobody waits for it.
  stream.on('error', () => {})
  stream.resume()
  const method = requested[':method'] ?? ''
  const { status, headers, body } = answerPlain(source, { method, url: requested[':path'] ?? '' })
  stream.respond({ ':status': status, ...headers }, { endStream: method === 'HEAD' })
  if (method !== 'HEAD') stream.end(body)
}
