// What an endpoint's text means: where to connect, whether by TLS, and what to call it in errors. Shared by all
// transports.

/** Where a member listens. */
export interface Endpoint {
  /** The endpoint in its normal form, for example `http://127.0.0.1:2379` or `unix:///run/etcd.sock`. */
  readonly url: string
  readonly target: { readonly host: string; readonly port: number } | { readonly path: string }
  /** `true`: TLS; `false`: cleartext; `undefined`: TLS if TLS options are given (no scheme, or `unix`). */
  readonly secure: boolean | undefined
  /** The `:authority` of requests: host and port, or `localhost` for a socket. */
  readonly authority: string
}

/** The port etcd listens on for clients. */
export const defaultPort = 2379

/**
 * Parses `http://host:port`, `https://host:port`, `host:port`, `unix:///path`, `unix:path` and `unixs:…`.
 * Throws `TypeError` on anything else, a path or user in it included.
 */
export function parseEndpoint(text: string): Endpoint {
  if (typeof text !== 'string' || text.trim() === '') {
    throw new TypeError(
      `an endpoint must be a text such as http://127.0.0.1:2379, not ${JSON.stringify(text)}`,
    )
  }
  const trimmed = text.trim()
  const socket = /^(unixs?):(?:\/\/)?(.*)$/.exec(trimmed)
  if (socket !== null) return socketEndpoint(socket[1] === 'unixs', socket[2] ?? '')
  return hostEndpoint(trimmed)
}

/** Splits a list such as `http://a:2379,http://b:2379`, or parses each of an array. Throws `TypeError` when empty. */
export function parseEndpoints(endpoints: string | readonly string[]): Endpoint[] {
  const texts = typeof endpoints === 'string' ? endpoints.split(',') : endpoints
  if (!Array.isArray(texts)) throw new TypeError('endpoints must be a text or an array of texts')
  if (texts.length === 0) throw new TypeError('endpoints must name at least one endpoint')
  const byUrl = new Map<string, Endpoint>()
  for (const text of texts) {
    const endpoint = parseEndpoint(text)
    byUrl.set(endpoint.url, endpoint)
  }
  return [...byUrl.values()]
}

function socketEndpoint(secure: boolean, path: string): Endpoint {
  const scheme = secure ? 'unixs' : 'unix'
  if (path === '') throw new TypeError(`endpoint ${scheme}: must have the path of a socket`)
  return {
    url: `${scheme}://${path}`,
    target: { path },
    secure: secure ? true : undefined,
    authority: 'localhost',
  }
}

function hostEndpoint(text: string): Endpoint {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw new TypeError(`endpoint ${text}: the scheme must be http, https, unix or unixs`)
  }
  const url = URL.canParse(scheme === undefined ? `http://${text}` : text)
    ? new URL(scheme === undefined ? `http://${text}` : text)
    : undefined
  if (url === undefined || url.hostname === '') {
    throw new TypeError(`endpoint ${text}: not a host and port`)
  }
  if (url.username !== '' || url.password !== '') {
    // Without its text, which may have a password in it.
    throw new TypeError(`endpoint ${url.host}: must not have a user; give the auth option instead`)
  }
  if ((url.pathname !== '/' && url.pathname !== '') || url.search !== '' || url.hash !== '') {
    throw new TypeError(`endpoint ${text}: must not have a path`)
  }
  return hostPort(url.hostname, explicitPort(text), scheme)
}

// `URL` drops a port that is the scheme's default, which for etcd is not 80 but 2379.
function explicitPort(text: string): number {
  const digits = /:(\d+)\/?$/.exec(text)?.[1]
  return digits === undefined ? defaultPort : Number(digits)
}

function hostPort(hostname: string, port: number, scheme: string | undefined): Endpoint {
  const authority = `${hostname}:${port}`
  return {
    url: scheme === undefined ? authority : `${scheme}://${authority}`,
    target: { host: hostname.replace(/^\[|\]$/g, ''), port },
    secure: scheme === undefined ? undefined : scheme === 'https',
    authority,
  }
}
