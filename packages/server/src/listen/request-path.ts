// The path of a request: decoded, and whether it is written as it should be.

/** What a request's URL says. */
export interface RequestPath {
  /** Decoded, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  /** Where the client should go instead, as Go's `ServeMux` has it: without empty and dotted parts. */
  readonly redirect: string | undefined
}

/** Reads a request's URL; `undefined` for one that is none. */
export function readRequestPath(url: string): RequestPath | undefined {
  // Clients that go through a proxy may name scheme and host.
  const [raw = '', query] = url.replace(/^https?:\/\/[^/?]*/i, '').split(/\?(.*)/s)
  const path = decode(raw)
  if (path === undefined) return undefined
  const clean = cleanPath(path)
  const parsed = { path, query: new URLSearchParams(query) }
  if (clean === path) return { ...parsed, redirect: undefined }
  return { ...parsed, redirect: encodeURI(clean) + (query === undefined ? '' : `?${query}`) }
}

function decode(path: string): string | undefined {
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}

/** Source: Go `net/http/server.go`, cleanPath. */
function cleanPath(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  const isFolder = path.endsWith('/') && parts.length > 0
  return `/${parts.join('/')}${isFolder ? '/' : ''}`
}
