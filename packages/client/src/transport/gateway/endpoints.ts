// The endpoints of a gateway transport: those of the list, and those that calls have named.

import type { EventSink } from '@etcdkit/protocol'
import { Balancer, type BalancerOwner } from '../balancer.ts'
import { type Endpoint, parseEndpoint } from '../endpoint.ts'
import { endpointRemoved } from '../failure.ts'
import { GatewayEndpoint } from './gateway-endpoint.ts'

/** What the endpoints need of their transport. */
export interface EndpointsOwner {
  /** Resolves when the endpoint works, rejects when it does not. */
  probe(endpoint: GatewayEndpoint): Promise<void>
  /** No more requests go there, but those under way may end. */
  release(endpoint: GatewayEndpoint): void
  sink(): EventSink | undefined
}

/** How endpoints are reached. */
export interface Reach {
  /** TLS where an endpoint leaves that open. */
  readonly secure: boolean
  readonly socketPath: string | undefined
}

// Members outside the list that were asked for by name; the oldest goes first.
const maxExtraEndpoints = 16

/** The endpoints. */
export class Endpoints implements BalancerOwner<GatewayEndpoint> {
  readonly balancer: Balancer<GatewayEndpoint>
  readonly #owner: EndpointsOwner
  readonly #reach: Reach
  readonly #extra = new Map<string, GatewayEndpoint>()

  constructor(endpoints: readonly Endpoint[], reach: Reach, owner: EndpointsOwner) {
    this.#reach = reach
    this.#owner = owner
    this.balancer = new Balancer(endpoints, this)
  }

  /** The endpoint of this name, on the list or not. Throws `TypeError` if it is none. */
  named(text: string): GatewayEndpoint {
    const endpoint = parseEndpoint(text)
    const known =
      this.balancer.candidates.find(({ url }) => url === endpoint.url) ??
      this.#extra.get(endpoint.url)
    return known ?? this.#addExtra(endpoint)
  }

  /** The endpoint of the list that is at `origin`, as `URL` has it. */
  at(origin: string): GatewayEndpoint | undefined {
    return this.balancer.candidates.find((each) => new URL(each.origin.url).origin === origin)
  }

  /** A place that is not etcd's, as `URL` has it. */
  foreign(origin: string): GatewayEndpoint {
    const { hostname, port, protocol, host } = new URL(origin)
    const secure = protocol === 'https:'
    const target = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || (secure ? 443 : 80)),
    }
    return (
      this.#extra.get(origin) ?? this.#addExtra({ url: origin, target, secure, authority: host })
    )
  }

  // --- BalancerOwner ---

  create(endpoint: Endpoint): GatewayEndpoint {
    return new GatewayEndpoint(endpoint, this.#reach.secure, this.#reach.socketPath)
  }

  removed(candidate: GatewayEndpoint): void {
    for (const stream of [...candidate.streams]) stream.lose(endpointRemoved(candidate.url))
    this.#owner.release(candidate)
  }

  probe(candidate: GatewayEndpoint): Promise<void> {
    return this.#owner.probe(candidate)
  }

  sink(): EventSink | undefined {
    return this.#owner.sink()
  }

  #addExtra(endpoint: Endpoint): GatewayEndpoint {
    if (this.#extra.size >= maxExtraEndpoints) {
      const [oldest] = this.#extra.values()
      if (oldest !== undefined) {
        this.#extra.delete(oldest.url)
        this.#owner.release(oldest)
      }
    }
    const added = this.create(endpoint)
    this.#extra.set(endpoint.url, added)
    return added
  }
}
