// Finds the service of a call and has it answer, with or without faults between.

import { statusNumbers } from '@etcdkit/protocol'
import type { Clock } from '../store/clock.ts'
import type { FaultBook } from './fault-book.ts'
import { OpenStream } from './open-stream.ts'
import type { Route } from './route.ts'
import type { CallContext, Service, StreamService } from './service.ts'
import type { CallStatus } from './status.ts'
import { serveFaultyUnary, serveUnary, type UnaryCall } from './unary-call.ts'
import type { StreamWire } from './wire.ts'

/** Every way of a call to its service. */
export class Dispatcher {
  readonly faults: FaultBook
  readonly #clock: Clock
  readonly #routes: ReadonlyMap<string, Route>

  constructor(services: readonly Service[], faults: FaultBook, clock: Clock) {
    this.faults = faults
    this.#clock = clock
    this.#routes = new Map(
      services.map((service) => [
        service.method.path,
        { service, started: 0, handled: new Map<number, number>() },
      ]),
    )
  }

  /** All that is served. */
  get routes(): Iterable<Route> {
    return this.#routes.values()
  }

  /** What serves a gRPC path. */
  find(path: string): Route | undefined {
    return this.#routes.get(path)
  }

  /** Answers a call. */
  unary(call: UnaryCall): void {
    if (this.faults.idle) serveUnary(call)
    else serveFaultyUnary(call, this.faults, this.#clock)
  }

  /** Opens a stream. */
  stream(
    route: Route<StreamService<object, object>>,
    context: CallContext,
    wire: StreamWire<object>,
  ): OpenStream {
    const stream = new OpenStream({ route, context, wire, faults: this.faults, clock: this.#clock })
    stream.start()
    return stream
  }

  /** The status of a call to a path that is not served. Source: grpc-go `server.go`, handleStream. */
  unserved(path: string): CallStatus {
    const status = statusNumbers.unimplemented
    const place = path.lastIndexOf('/')
    if (place < 1) return { status, message: `malformed method name: ${JSON.stringify(path)}` }
    const service = path.slice(1, place)
    const method = path.slice(place + 1)
    const message = this.#serves(service)
      ? `unknown method ${method} for service ${service}`
      : `unknown service ${service}`
    return { status, message }
  }

  #serves(service: string): boolean {
    return [...this.#routes.values()].some((route) => route.service.method.service === service)
  }
}

/** Whether a route is of streams. */
export function isStreamRoute(route: Route): route is Route<StreamService<object, object>> {
  return route.service.kind === 'stream'
}
