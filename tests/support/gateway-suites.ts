// Which suites run over the JSON gateway as well: those about what a transport carries and how it fails, and those that
// call what no other does; not all about the store behind it, which is the same one.

/** The kinds of servers that are reached by their gateway. */
export const gatewayKinds: readonly string[] = [
  'embedded (gateway)',
  'etcd 3.4 (gateway)',
  'etcd 3.5 (gateway)',
]

/** The names of the suites on a real etcd, as they give them to `forEachServer`. */
export const gatewaySuites: ReadonlySet<string> = new Set([
  'auth token',
  'client lease',
  'client verbs',
  'client watch',
  'cluster',
  'election',
  'errors',
  'kv',
  'lock',
  'maintenance',
  'range bytes',
  'scan',
  'server lock',
  'shared signal',
  'txn',
])

/** Those on the embedded server: what its own gateway has a part in. */
export const embeddedGatewaySuites: ReadonlySet<string> = new Set([
  'auth token',
  'client verbs',
  'client watch',
  'cluster',
  'kv',
  'maintenance',
  'server lock',
  'txn',
])
