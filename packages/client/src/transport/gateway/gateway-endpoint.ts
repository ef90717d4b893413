// One endpoint as the gateway transport keeps it. HTTP has no connection of its own to open: requests find theirs.

import type { EtcdError } from '@etcdkit/protocol'
import type { HttpOrigin } from '../../http/http-client.ts'
import type { Candidate } from '../balancer.ts'
import type { Endpoint } from '../endpoint.ts'
import { EndpointHealth } from '../endpoint-health.ts'

/** A stream that an endpoint answers. */
export interface OpenStream {
  /** Ends it as if its connection had broken. */
  lose(error: EtcdError): void
}

/** An endpoint. */
export class GatewayEndpoint implements Candidate {
  readonly endpoint: Endpoint
  readonly health: EndpointHealth = new EndpointHealth()
  readonly isOpen = true
  readonly origin: HttpOrigin
  /** Whether requests may carry headers that a gateway does not expect from another site's page (CORS). */
  readonly takesAnyHeader: boolean
  readonly streams: Set<OpenStream> = new Set()
  /** It has answered since it last failed. */
  isUp = false
  /** When bytes of it came last, as `performance.now()` counts. */
  heardAt = 0

  /** `secure`: TLS where the endpoint leaves that open. `socketPath`: the unix socket that leads there. */
  constructor(endpoint: Endpoint, secure: boolean, socketPath: string | undefined) {
    this.endpoint = endpoint
    const scheme = (endpoint.secure ?? secure) ? 'https' : 'http'
    const { target } = endpoint
    const path = 'path' in target ? target.path : socketPath
    this.origin = { url: `${scheme}://${endpoint.authority}`, socketPath: path }
    this.takesAnyHeader = !isCrossOrigin(this.origin.url)
  }

  get url(): string {
    return this.endpoint.url
  }

  open(): void {
    // Nothing has to be done before a request.
  }
}

// Pages and workers of browsers have a place of their own, and may not send what they like to others.
function isCrossOrigin(url: string): boolean {
  const origin = ownOrigin()
  return origin !== undefined && origin !== new URL(url).origin
}

function ownOrigin(): string | undefined {
  // Other runtimes have no place, or throw when asked for it.
  try {
    const place: { readonly origin: string } | undefined = globalThis.location
    return place?.origin
  } catch {
    return undefined
  }
}
