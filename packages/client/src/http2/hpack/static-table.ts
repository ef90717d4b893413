// The static table (RFC 7541, appendix A).

/** The entries, the first of which has index 1. */
export const staticEntries: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  [':status', '200'],
  [':status', '204'],
  [':status', '206'],
  [':status', '304'],
  [':status', '400'],
  [':status', '404'],
  [':status', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
]

/** The index of the first entry with each name; the others with that name follow it. */
const indexByName = new Map<string, number>()
for (const [i, [name]] of staticEntries.entries()) {
  if (!indexByName.has(name)) indexByName.set(name, i + 1)
}

/** The index of the first entry with this name, or 0. */
export function findStaticName(name: string): number {
  return indexByName.get(name) ?? 0
}

/** The index of the entry with this value and the name of the first such entry, at `nameIndex`; or 0. */
export function findStaticValue(nameIndex: number, value: string): number {
  const name = staticEntries[nameIndex - 1]?.[0]
  if (name === undefined) return 0
  for (let index = nameIndex; staticEntries[index - 1]?.[0] === name; index++) {
    if (staticEntries[index - 1]?.[1] === value) return index
  }
  return 0
}
