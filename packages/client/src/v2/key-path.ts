// Keys as the v2 API has them: paths from the root, clean, and escaped part by part.

const keysRoot = '/v2/keys'
// Most keys are clean, and need no escapes.
const plainKey = /^(?:\/[\w-]+)+$/

/**
 * The key in its normal form: `a//b/`, `/a/./b` and `/x/../a/b` are all `/a/b`; nothing is above the root `/`. etcd
 * answers paths that are not clean with a redirect, after which a write would become a read. Throws `TypeError`.
 */
export function cleanKey(key: string): string {
  if (typeof key !== 'string') throw new TypeError(`a key must be a text, not ${typeof key}`)
  const rooted = key.startsWith('/') ? key : `/${key}`
  if (plainKey.test(rooted)) return rooted
  if (hasLoneSurrogate(key)) throw new TypeError('a key must be well-formed Unicode')
  const parts: string[] = []
  for (const part of key.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}

/** A clean key below a clean prefix. */
export function joinKey(prefix: string, key: string): string {
  if (prefix === '/') return key
  return key === '/' ? prefix : prefix + key
}

/** A key of the server's, seen from a prefix; the prefix itself and what is above it are `/`. */
export function relativeKey(prefix: string, key: string): string {
  if (prefix === '/') return key
  return key.startsWith(`${prefix}/`) ? key.slice(prefix.length) : '/'
}

/**
 * The path of a clean key. `asDirectory`: with a slash at its end, without which the pattern `/a/*` of a role does not
 * allow a recursive read of `/a`.
 */
export function pathOfKey(key: string, asDirectory = false): string {
  if (!asDirectory && plainKey.test(key)) return keysRoot + key
  const path = keysRoot + key.split('/').map(encodeURIComponent).join('/')
  return asDirectory && !path.endsWith('/') ? `${path}/` : path
}

// A surrogate without its other half has no bytes in UTF-8.
function hasLoneSurrogate(text: string): boolean {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text)
}
