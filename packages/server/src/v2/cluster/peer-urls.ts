// The URLs of a member as clients give them, checked in the words of etcd's `pkg/types/urls.go` and of Go.

import { EscapeError, quote, unescapeText } from '../http/escapes.ts'
import { JsonInputError, parseJsonText } from '../http/json-input.ts'

/** What Go calls the body of a request. */
const requestType = 'struct { PeerURLs []string "json:\\"peerURLs\\"" }'

/** The peer URLs in a body. Throws `JsonInputError`. */
export function readPeerUrls(body: string): readonly string[] {
  const urls = parseJsonText(body, requestType).texts('peerURLs') ?? []
  if (urls.length === 0) throw new JsonInputError('no valid URLs given')
  return urls.map((url) => checkUrl(url.trim())).sort()
}

function checkUrl(url: string): string {
  const parts = partsOf(url)
  if (!/^(?:http|https|unix|unixs)$/.test(parts.scheme)) {
    throw new JsonInputError(`URL scheme must be http, https, unix, or unixs: ${url}`)
  }
  if (!/^(?:\[[^\]]*\]|[^:[\]]*):[^:[\]]*$/.test(parts.host)) {
    throw new JsonInputError(`URL address does not have the form "host:port": ${url}`)
  }
  if (parts.path !== '') throw new JsonInputError(`URL must not contain a path: ${url}`)
  return url
}

interface UrlParts {
  readonly scheme: string
  readonly host: string
  readonly path: string
}

function partsOf(url: string): UrlParts {
  const fault = (fact: string): JsonInputError => new JsonInputError(`parse ${quote(url)}: ${fact}`)
  if (/\p{Cc}/u.test(url)) throw fault('net/url: invalid control character in URL')
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(.*)$/s.exec(url) ?? []
  if (url.startsWith(':')) throw fault('missing protocol scheme')
  const [hierarchy = ''] = rest.split(/[?#]/)
  if (scheme === '' && /^[^/]*:/.test(hierarchy)) {
    throw fault('first path segment in URL cannot contain colon')
  }
  const [, authority = '', path = ''] = /^(?:\/\/([^/]*))?(.*)$/s.exec(hierarchy) ?? []
  const host = authority.slice(authority.lastIndexOf('@') + 1)
  const port = /:[^:\]]*$/.exec(host)?.[0]
  if (port !== undefined && !/^:\d*$/.test(port))
    throw fault(`invalid port ${quote(port)} after host`)
  try {
    return {
      scheme: scheme.toLowerCase(),
      host: unescapeText(host, false),
      path: unescapeText(path, false),
    }
  } catch (error) {
    throw error instanceof EscapeError ? fault(error.message) : error
  }
}
