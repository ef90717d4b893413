// Where a store's hosts are, in the forms that the npm package `etcdjs` takes.

/** Hosts that were given, or the discovery URL they are to be found by. */
export type Hosts = { readonly urls: readonly string[] } | { readonly discovery: string }

/** What names the hosts among the options. */
export interface HostOptions {
  /** A host, when it is not the first argument: `127.0.0.1:4001`. */
  readonly host?: string | readonly string[] | undefined
  /** The same. */
  readonly hosts?: string | readonly string[] | undefined
  /** The discovery URL of the cluster, in place of hosts. */
  readonly token?: string | undefined
}

const discoveryService = /^https:\/\/discovery\.etcd\.io\//

/** The hosts of a store. Throws `TypeError` on what is none. */
export function hostsOf(
  host: string | readonly string[] | null | undefined,
  options: HostOptions,
): Hosts {
  const given = host || options.host || options.hosts || '127.0.0.1'
  if (options.token) return { discovery: options.token }
  if (typeof given === 'string') {
    return discoveryService.test(given) ? { discovery: given } : { urls: [normalizeUrl(given)] }
  }
  if (!Array.isArray(given)) throw new TypeError('hosts must be a text or an array of texts')
  return { urls: given.map(normalizeUrl) }
}

/** `localhost` is `http://localhost:4001`: the port of etcd before 2.0, as `etcdjs` has it. Throws `TypeError`. */
export function normalizeUrl(host: string): string {
  if (typeof host !== 'string') throw new TypeError(`a host must be a text, not ${typeof host}`)
  const url = (host.includes('://') ? host : `http://${host}`).replace(/\/$/, '')
  return /:\d+/.test(url) ? url : `${url}:4001`
}
