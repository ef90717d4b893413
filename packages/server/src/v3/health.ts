// The health service of gRPC.

import { statusNumbers } from '@etcdkit/protocol'
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  healthCheck,
  healthWatch,
} from './health-messages.ts'
import { type Service, type StreamHandler, type StreamSink, streaming, unary } from './service.ts'
import { StatusError } from './status.ts'

const serving = 1
const serviceUnknown = 3

/** Check and Watch. The server as a whole serves; it does not tell of single services. */
export const healthServices: readonly Service[] = [
  unary(healthCheck, ({ service }) => {
    if (service === '') return { status: serving }
    throw new StatusError({ status: statusNumbers['not-found'], message: 'unknown service' })
  }),
  streaming(healthWatch, (sink) => new HealthWatchHandler(sink)),
]

class HealthWatchHandler implements StreamHandler<HealthCheckRequest> {
  readonly #sink: StreamSink<HealthCheckResponse>

  constructor(sink: StreamSink<HealthCheckResponse>) {
    this.#sink = sink
  }

  readonly full = false

  message({ service }: HealthCheckRequest): void {
    this.#sink.message({ status: service === '' ? serving : serviceUnknown })
  }

  halfClose(): void {}

  ready(): void {}

  close(): void {}
}
