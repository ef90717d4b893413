// The Lease service.

import { Lease, type LeaseKeepAliveRequest, type LeaseKeepAliveResponse } from '@etcdkit/protocol'
import { type Service, type StreamHandler, type StreamSink, streaming, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'

/** Every method of the service. */
export function leaseServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  return [
    unary(Lease.leaseGrant, (request, context) => {
      core.raftIndex += 1
      return store.leaseGrant(request, context)
    }),
    unary(Lease.leaseRevoke, (request, context) => {
      core.raftIndex += 1
      return store.leaseRevoke(request, context)
    }),
    streaming(Lease.leaseKeepAlive, (sink, context) => {
      const renew = (request: LeaseKeepAliveRequest) => store.leaseKeepAlive(request, context)
      return new KeepAliveHandler(renew, sink)
    }),
    unary(Lease.leaseTimeToLive, (request, context) => store.leaseTimeToLive(request, context)),
    unary(Lease.leaseLeases, (_, context) => store.leaseLeases(context)),
  ]
}

type Renew = (request: LeaseKeepAliveRequest) => LeaseKeepAliveResponse

/** Renews, one answer a request; ends well when the client has no more. */
class KeepAliveHandler implements StreamHandler<LeaseKeepAliveRequest> {
  readonly #renew: Renew
  readonly #sink: StreamSink<LeaseKeepAliveResponse>
  #full = false

  constructor(renew: Renew, sink: StreamSink<LeaseKeepAliveResponse>) {
    this.#renew = renew
    this.#sink = sink
  }

  get full(): boolean {
    return this.#full
  }

  message(request: LeaseKeepAliveRequest): void {
    if (!this.#sink.message(this.#renew(request))) this.#full = true
  }

  halfClose(): void {
    this.#sink.end()
  }

  ready(): void {
    this.#full = false
  }

  close(): void {}
}
