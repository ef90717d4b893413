// What is answered over plain HTTP: the gateway's calls, and the pages.

import type { GatewayExchange } from '../gateway/exchange.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { type Answer, movedPermanently, sendAnswer, textHeaders } from '../http/answer.ts'
import type { V2Face } from '../v2/v2-face.ts'
import type { Cors } from './cors.ts'
import { answerPlain } from './plain-http.ts'
import type { PlainSource } from './plain-page.ts'
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
export function answerHttp({ plain, gateway, v2 }: HttpFace, exchange: GatewayExchange): void {
  const { method } = exchange
  const found = readRequestPath(exchange.url)
  if (method === 'OPTIONS') send(exchange, empty)
  else if (v2?.serves(exchange.url)) void v2.answer(exchange)
  else if (found === undefined) send(exchange, badRequest)
  else if (found.redirect !== undefined) send(exchange, movedPermanently(exchange, found.redirect))
  else if (gateway?.isFor(found.path)) gateway.serve(found.path, exchange)
  else if (gateway !== undefined && found.path === '/v3')
    send(exchange, movedPermanently(exchange, '/v3/'))
  else send(exchange, answerPlain(plain, { method, ...found }))
}

function send(exchange: GatewayExchange, answer: Answer): void {
  exchange.body.resume()
  sendAnswer(exchange, answer)
}

const empty: Answer = { status: 200 }

const badRequest: Answer = { status: 400, headers: textHeaders, body: '400 Bad Request' }
