// Where a server can listen, read from URLs and told as URLs.

/** A place to listen at. */
export type Address =
  | { readonly secure: boolean; readonly host: string; readonly port: number }
  | { readonly secure: boolean; readonly path: string }

const schemes: Readonly<Record<string, { readonly secure: boolean; readonly path: boolean }>> = {
  'http:': { secure: false, path: false },
  'https:': { secure: true, path: false },
  'unix:': { secure: false, path: true },
  'unixs:': { secure: true, path: true },
}

/** Reads a URL. Throws `TypeError` on one that no server can listen at. */
export function parseAddress(text: string): Address {
  const parts = /^(\w+:)\/\/(.*)$/.exec(text)
  const scheme = schemes[parts?.[1] ?? '']
  const rest = parts?.[2] ?? ''
  if (scheme === undefined) {
    throw new TypeError(`Cannot listen on ${JSON.stringify(text)}: not http, https, unix or unixs`)
  }
  if (scheme.path) {
    if (rest === '') throw new TypeError(`Cannot listen on ${JSON.stringify(text)}: no path`)
    return { secure: scheme.secure, path: rest }
  }
  return { secure: scheme.secure, ...parseHostPort(text, rest) }
}

function parseHostPort(text: string, rest: string): { host: string; port: number } {
  const parts = /^(?:\[([0-9a-fA-F:.%]+)\]|([^:/[\]]*)):(\d{1,5})\/?$/.exec(rest)
  const port = Number(parts?.[3])
  if (parts === null || port > 65535) {
    throw new TypeError(`Cannot listen on ${JSON.stringify(text)}: not host and port`)
  }
  return { host: parts[1] ?? parts[2] ?? '', port }
}

/** The URL at which clients on this machine reach an address. */
export function formatAddress(address: Address): string {
  if ('path' in address) return `${address.secure ? 'unixs' : 'unix'}://${address.path}`
  const scheme = address.secure ? 'https' : 'http'
  const host = wildcards[address.host] ?? address.host
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${address.port}`
}

/** Hosts that mean all of the machine's, and the one to call them by. */
const wildcards: Readonly<Record<string, string>> = {
  '': '127.0.0.1',
  '0.0.0.0': '127.0.0.1',
  '::': '::1',
}
