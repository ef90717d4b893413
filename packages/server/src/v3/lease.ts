// The Lease service.

import { Lease, type LeaseKeepAliveRequest, type LeaseKeepAliveResponse } from '@etcdkit/protocol'
import type { Store } from '../store/store.ts'
import { type Service, type StreamHandler, type StreamSink, streaming, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'

/** Every method of the service. */
export function leaseServices(core: ServiceCore): readonly Service[] {
  const { store } = core
  return [
    unary(Lease.leaseGrant, (request) => {
      core.raftIndex += 1
      return store.leaseGrant(request)
    }),
    unary(Lease.leaseRevoke, (request) => {
      core.raftIndex += 1
      return store.leaseRevoke(request)
    }),
    streaming(Lease.leaseKeepAlive, (sink) => new KeepAliveHandler(store, sink)),
    unary(Lease.leaseTimeToLive, (request) => store.leaseTimeToLive(request)),
    unary(Lease.leaseLeases, () => store.leaseLeases()),
  ]
}

/** Renews, one answer a request; ends well when the client has no more. */
class KeepAliveHandler implements StreamHandler<LeaseKeepAliveRequest> {
  readonly #store: Store
  readonly #sink: StreamSink<LeaseKeepAliveResponse>
  #full = false

  constructor(store: Store, sink: StreamSink<LeaseKeepAliveResponse>) {
    this.#store = store
    this.#sink = sink
  }

  get full(): boolean {
    return this.#full
  }

  message(request: LeaseKeepAliveRequest): void {
    if (!this.#sink.message(this.#store.leaseKeepAlive(request))) this.#full = true
  }

  halfClose(): void {
    this.#sink.end()
  }

  ready(): void {
    this.#full = false
  }

  close(): void {}
}
