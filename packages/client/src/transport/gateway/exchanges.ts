// Requests of calls on their way to an endpoint, and what becomes of them.

import type { Method } from '@etcdkit/protocol'
import type { HttpClient, HttpExchange, HttpReceiver, HttpRequest } from '../../http/http-client.ts'
import { HttpError } from '../../http/http-error.ts'
import { AttemptError, type GatewayCall } from './gateway-call.ts'
import type { GatewayEndpoint } from './gateway-endpoint.ts'
import { AnswerCollector, type HttpAnswer } from './http-answer.ts'
import { failureOfAnswer, failureOfHttp } from './http-failure.ts'
import { RequestHeaders } from './request-headers.ts'

/** What is sent: JSON to a path, or something else. */
export type Outgoing = Pick<HttpRequest, 'path' | 'body' | 'streaming'> & {
  /** Default: `POST`. */
  readonly method?: string | undefined
}

/** Sends the requests of calls. */
export class Exchanges {
  readonly #http: HttpClient
  readonly #headers: RequestHeaders
  readonly #maxBytes: number

  constructor(
    http: HttpClient,
    { headers, maxBytes }: { headers: Readonly<Record<string, string>>; maxBytes: number },
  ) {
    this.#http = http
    this.#headers = new RequestHeaders(headers)
    this.#maxBytes = maxBytes
  }

  /** Sends a request and collects its answer. Rejects with an `AttemptError` when there is none. */
  answer(call: GatewayCall, target: GatewayEndpoint, outgoing: Outgoing): Promise<HttpAnswer> {
    return call.part((resolve, reject) => {
      const fail = (error: Error): void => {
        call.exchange?.cancel()
        reject(attemptErrorOf(call.method, target.url, error))
      }
      const exchange = this.begin(
        call,
        target,
        outgoing,
        new AnswerCollector(this.#maxBytes, resolve, fail),
      )
      return () => exchange.cancel()
    })
  }

  /** Sends a request whose answer is somebody else's to read. */
  begin(
    call: GatewayCall,
    target: GatewayEndpoint,
    outgoing: Outgoing,
    receiver: HttpReceiver,
  ): HttpExchange {
    const { method = 'POST', path, body, streaming } = outgoing
    const headers = this.#headers.of({
      token: call.token,
      requireLeader: call.options?.requireLeader === true && target.takesAnyHeader,
      headers: call.options?.headers,
    })
    const request = { method, path, headers, body, streaming }
    const exchange = this.#http.send(target.origin, request, receiver)
    call.exchange = exchange
    return exchange
  }
}

function attemptErrorOf(method: Method, endpoint: string, error: Error): AttemptError {
  if (error instanceof HttpError) return new AttemptError(failureOfHttp(method, endpoint, error))
  const problem = { code: 'message-too-large', fact: error.message, cause: error } as const
  return new AttemptError(failureOfAnswer(method, endpoint, problem))
}
