// What is answered over plain HTTP: the gateway's calls, and the pages.

import type { Exchange } from '../gateway/exchange.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { V2Face } from '../v2/v2-face.ts'
import type { Cors } from './cors.ts'
import { answerPlain } from './plain-http.ts'
import type { PlainAnswer, PlainSource } from './plain-page.ts'
import { readRequestPath } from './request-path.ts'

/** What answers, and to whom. */
export interface HttpFace {
  readonly plain: PlainSource
  /** None where it is switched off. */
  readonly gateway: Gateway | undefined
  /** None unless it is switched on. */
  readonly v2: V2Face | undefined
  readonly cors: Cors
}

/** Answers a request. Source: etcd `embed/serve.go`, and Go `net/http/server.go`, ServeMux. */
export function answerHttp({ plain, gateway, v2 }: HttpFace, exchange: Exchange): void {
  const { method } = exchange
  const found = readRequestPath(exchange.url)
  if (method === 'OPTIONS') send(exchange, empty)
  else if (v2?.serves(exchange.url)) void v2.answer(exchange)
  else if (found === undefined) send(exchange, badRequest)
  else if (found.redirect !== undefined) send(exchange, redirect(method, found.redirect))
  else if (gateway?.isFor(found.path)) gateway.serve(found.path, exchange)
  else if (gateway !== undefined && found.path === '/v3') send(exchange, redirect(method, '/v3/'))
  else send(exchange, answerPlain(plain, { method, ...found }))
}

function send(exchange: Exchange, { status, headers, body }: PlainAnswer): void {
  exchange.body.resume()
  exchange.respond(status, { ...headers, 'content-length': String(Buffer.byteLength(body)) })
  exchange.end(exchange.method === 'HEAD' ? undefined : body)
}

const empty: PlainAnswer = { status: 200, headers: {}, body: '' }

const badRequest: PlainAnswer = {
  status: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body: '400 Bad Request',
}

function redirect(method: string, location: string): PlainAnswer {
  const status = 301
  if (method !== 'GET' && method !== 'HEAD') return { status, headers: { location }, body: '' }
  const headers = { location, 'content-type': 'text/html; charset=utf-8' }
  const escaped = location.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;')
  return { status, headers, body: `<a href="${escaped}">Moved Permanently</a>.\n\n` }
}
