// Where calls go: where they say, or where the balancer says once there are endpoints to choose from.

import type { EtcdError, SetEndpointsOptions } from '@etcdkit/protocol'
import { parseEndpoints } from '../endpoint.ts'
import { type EndpointSource, SourceFollower } from '../endpoint-source.ts'
import type { Endpoints } from './endpoints.ts'
import type { GatewayCall } from './gateway-call.ts'
import type { GatewayEndpoint } from './gateway-endpoint.ts'

/** The places calls go to. */
export class Places {
  readonly endpoints: Endpoints
  #source: SourceFollower | undefined
  /** Calls that wait for the source. */
  readonly #waiting = new Set<() => void>()

  constructor(endpoints: Endpoints, source: EndpointSource | undefined) {
    this.endpoints = endpoints
    this.#source =
      source &&
      new SourceFollower(source, {
        found: (list) => {
          endpoints.balancer.setEndpoints(list)
          this.#wake()
        },
        ready: () => this.#wake(),
      })
  }

  /** Where the next attempt of a call goes; `undefined` while there are no endpoints. Throws `TypeError` on what is none. */
  pick({ options, place }: GatewayCall): GatewayEndpoint | undefined {
    if (options?.endpoint !== undefined) return this.endpoints.named(options.endpoint)
    return place ?? this.endpoints.balancer.pick()
  }

  /** Waits until there are endpoints. */
  async find(call: GatewayCall): Promise<GatewayEndpoint> {
    for (;;) {
      const found = this.pick(call)
      if (found !== undefined) return found
      this.#source?.ask()
      await call.part<void>((resolve) => {
        this.#waiting.add(resolve)
        return () => this.#waiting.delete(resolve)
      })
    }
  }

  /** Nothing can be reached: there may be other endpoints by now. */
  lookAgain(): void {
    this.#source?.ask()
  }

  /** Why there are no endpoints, where that is known. */
  get lastError(): EtcdError | undefined {
    return this.endpoints.balancer.size === 0 ? this.#source?.lastError : undefined
  }

  /** Replaces the endpoints. Throws `TypeError` on what is none. */
  set(endpoints: string | readonly string[], options: SetEndpointsOptions | undefined): void {
    const list = parseEndpoints(endpoints)
    if (options?.keepSource !== true) this.close()
    this.endpoints.balancer.setEndpoints(list)
    this.#wake()
  }

  /** Asks the source no more. */
  close(): void {
    this.#source?.close()
    this.#source = undefined
  }

  #wake(): void {
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resolve of waiting) resolve()
  }
}
