// A cluster found by an etcd discovery URL: the registry where its members told each other of themselves when they
// started (etcd's discovery protocol, on the v2 API).

import { EtcdError } from '@etcdkit/protocol'
import type { EndpointSource } from './endpoint-source.ts'

/** How to ask a discovery service. */
export interface DiscoveryOptions {
  /** What requests are made with: for a service or members with certificates of their own. Default: the runtime's. */
  readonly fetch?: typeof fetch | undefined
  /** Milliseconds that one answer may take. Default: 3,000. */
  readonly timeoutMs?: number | undefined
}

// Far above any cluster there is: what comes from elsewhere is bounded.
const maxMembers = 64
const maxBytes = 1024 * 1024
const clientPorts: Readonly<Record<string, string>> = { '2380': '2379', '7001': '4001' }

/**
 * The endpoints of a cluster by the discovery URL it was started with. The registry knows where members listen for each
 * other, not for clients: so the members are asked for the list of them all, over the `/members` of their peer port. When
 * none answers there (peer ports are often closed to clients), the client port is taken to be etcd's usual one on the
 * same host: 2379 for 2380, 4001 for 7001. Members that joined later are not in the registry: see `etcd.sync`.
 *
 * It is asked at the first call, and again when none of the endpoints can be reached. Throws `TypeError` on what is no URL.
 *
 * @example
 * ```ts
 * import { discovery, Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd({ endpoints: discovery('https://discovery.etcd.io/3e86b59982e49066c5d813af1c2e2579cbf573de') })
 * ```
 */
export function discovery(url: string | URL, options: DiscoveryOptions = {}): EndpointSource {
  if (!URL.canParse(String(url)) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new TypeError(`discovery takes an http or https URL, not ${JSON.stringify(String(url))}`)
  }
  const service = new URL(url)
  return {
    name: `the discovery service ${service.host}`,
    async resolve(signal) {
      const done = new AbortController()
      try {
        const ask = asker(options, AbortSignal.any([signal, done.signal]))
        const peers = peersOf(await ask(service))
        if (peers.length === 0) throw failed(service, 'no member has registered')
        return (await clientUrls(peers, ask)) ?? peers.map(usualClientUrl)
      } finally {
        // Who has not answered by now is not waited for.
        done.abort()
      }
    },
  }
}

type Ask = (url: URL) => Promise<unknown>

function asker(
  { fetch: send = fetch, timeoutMs = 3000 }: DiscoveryOptions,
  signal: AbortSignal,
): Ask {
  return async (url) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    try {
      const response = await send(url, { signal: limited, headers: { accept: 'application/json' } })
      if (response.ok) return JSON.parse(await bodyOf(response))
      // The body is of no interest, but holds the connection.
      await response.body?.cancel()
      throw new Error(`it answered HTTP ${response.status}`)
    } catch (cause) {
      throw failed(url, reasonOf(cause), cause)
    }
  }
}

async function bodyOf(response: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > maxBytes) throw new Error(`its answer is longer than ${maxBytes} characters`)
  }
  return text + decoder.decode()
}

// A value is `name=http://host:2380`, several joined by `&`; before etcd 2 it was the URL alone.
function peersOf(registry: unknown): URL[] {
  const nodes = fieldOf(fieldOf(registry, 'node'), 'nodes')
  if (!Array.isArray(nodes)) return []
  // Those that were there first are the cluster; etcd lists them in no order.
  const inOrder = nodes.slice(0, maxMembers).sort((a, b) => createdAt(a) - createdAt(b))
  return inOrder.flatMap((node) => {
    const value = fieldOf(node, 'value')
    if (typeof value !== 'string') return []
    const urls = value.split('&').map((part) => part.slice(part.search(/https?:\/\//)))
    return urls.filter((each) => URL.canParse(each)).map((each) => new URL(each))
  })
}

/** What the first member that answers says of all; `undefined` if none does. */
async function clientUrls(peers: readonly URL[], ask: Ask): Promise<string[] | undefined> {
  const asked = peers.map(async (peer) => {
    const members = await ask(new URL('/members', peer))
    const urls = Array.isArray(members) ? members.flatMap(clientUrlsOf) : []
    if (urls.length === 0) throw failed(peer, 'it knows of no member that has started')
    return urls
  })
  return Promise.any(asked).catch(() => undefined)
}

function clientUrlsOf(member: unknown): string[] {
  const clientURLs = fieldOf(member, 'clientURLs')
  if (fieldOf(member, 'isLearner') === true) return []
  return Array.isArray(clientURLs) ? clientURLs.filter((each) => typeof each === 'string') : []
}

function createdAt(node: unknown): number {
  return Number(fieldOf(node, 'createdIndex') ?? 0)
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  // Any object may be asked for any of its fields.
  return (value as Readonly<Record<string, unknown>>)[name]
}

function usualClientUrl({ protocol, hostname, port }: URL): string {
  return `${protocol}//${hostname}:${clientPorts[port] ?? '2379'}`
}

function failed(url: URL, reason: string, cause?: unknown): EtcdError {
  return new EtcdError(`cannot find endpoints at ${url.origin}: ${reason}`, {
    code: 'connection-failed',
    endpoint: url.origin,
    cause,
  })
}

// `fetch` says "fetch failed", and why in the cause.
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown)
  return thrown.cause instanceof Error ? thrown.cause.message : thrown.message
}
