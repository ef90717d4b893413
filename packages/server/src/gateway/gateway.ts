// The JSON face of the v3 API: every call that the dispatcher knows, at its path.

import { allMethods, type Method } from '@etcdkit/protocol'
import { type Answer, sendAnswer } from '../http/answer.ts'
import { type Dispatcher, isStreamRoute } from '../v3/dispatcher.ts'
import { parseTimeoutMs } from '../v3/grpc/grpc-timeout.ts'
import type { Route } from '../v3/route.ts'
import type { UnaryService } from '../v3/service.ts'
import { errorStyles, type GatewayErrors } from './error-style.ts'
import type { GatewayExchange } from './exchange.ts'
import type { GatewayHost } from './gateway-call.ts'
import { GatewayStream } from './gateway-stream.ts'
import { GatewayUnary } from './gateway-unary.ts'
import { wrongRequest } from './request-error.ts'

/** What a gateway serves, and how. */
export interface GatewayOptions {
  readonly dispatcher: Dispatcher
  /** Largest message a client may send, in bytes. */
  readonly maxMessageBytes: number
  /** Default: `v2`. */
  readonly errors?: GatewayErrors | undefined
  /** How long a client may take to send the one request of a call. Default: 60 seconds. */
  readonly bodyTimeoutMs?: number | undefined
}

const prefix = '/v3/'
/** The prefix of etcd 3.3, which later versions still take. */
const oldPrefix = '/v3beta/'

const methods: ReadonlyMap<string, Method> = new Map(
  allMethods.flatMap((method) => method.gatewayPaths.map((path) => [path, method] as const)),
)

/** The gateway. */
export class Gateway {
  readonly #host: GatewayHost

  constructor({
    dispatcher,
    maxMessageBytes,
    errors = 'v2',
    bodyTimeoutMs = 60_000,
  }: GatewayOptions) {
    this.#host = { dispatcher, maxMessageBytes, errors: errorStyles[errors], bodyTimeoutMs }
  }

  /** Whether a path is the gateway's to answer. */
  isFor(path: string): boolean {
    return path.startsWith(prefix) || path.startsWith(oldPrefix)
  }

  /** Answers. `path` is that of the exchange, decoded. */
  serve(path: string, exchange: GatewayExchange): void {
    const { dispatcher, errors } = this.#host
    const method = methods.get(path.replace(oldPrefix, prefix))
    const timeout = exchange.header('grpc-timeout')
    if (method === undefined) refuse(exchange, errors.notFound)
    else if (exchange.method !== 'POST') refuse(exchange, errors.notPosted)
    else if (timeout !== undefined && parseTimeoutMs(timeout) === undefined) {
      const { status } = wrongRequest(`invalid grpc-timeout: ${timeout}`)
      refuse(exchange, errors.call(status))
    } else {
      const route = dispatcher.find(method.path)
      if (route === undefined) refuse(exchange, errors.call(dispatcher.unserved(method.path)))
      else this.#call(exchange, route)
    }
  }

  #call(exchange: GatewayExchange, route: Route): void {
    if (isStreamRoute(route)) new GatewayStream(exchange, this.#host, route)
    // What is no route of streams is one of single answers.
    else new GatewayUnary(exchange, this.#host, route as Route<UnaryService<object, object>>)
  }
}

function refuse(exchange: GatewayExchange, answer: Answer): void {
  exchange.body.resume()
  sendAnswer(exchange, answer)
}
