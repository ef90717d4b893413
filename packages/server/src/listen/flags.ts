// The flags of `etcdkit-server`: etcd's own names, and what becomes of each here.

/**
 * `used`: it does what it does in etcd. `idle`: it is taken and does nothing, with a note, because it is about disks, peers
 * or tuning, of which there are none. What is in no list is refused: who gives it relies on it.
 */
export type FlagUse = 'used' | 'idle'

/** A flag. */
export interface Flag {
  readonly use: FlagUse
  /** Whether it may stand without a value. */
  readonly isBoolean: boolean
  /** For `--help`. */
  readonly help: string
}

function used(help: string): Flag {
  return { use: 'used', isBoolean: false, help }
}

function usedBoolean(help: string): Flag {
  return { use: 'used', isBoolean: true, help }
}

/** A flag that does something. */
export type UsedFlag =
  | 'name'
  | 'listen-client-urls'
  | 'advertise-client-urls'
  | 'initial-cluster-token'
  | 'max-txn-ops'
  | 'max-request-bytes'
  | 'quota-backend-bytes'
  | 'watch-progress-notify-interval'
  | 'experimental-watch-progress-notify-interval'
  | 'auth-token'
  | 'auth-token-ttl'
  | 'cert-file'
  | 'key-file'
  | 'trusted-ca-file'
  | 'client-cert-auth'
  | 'cors'
  | 'enable-grpc-gateway'
  | 'gateway-errors'
  | 'enable-v2'
  | 'log-level'
  | 'version'
  | 'help'

const usedFlags: Readonly<Record<UsedFlag, Flag>> = {
  name: used("The member's name. Default: default."),
  'listen-client-urls': used('Where to listen, a list. Default: http://localhost:2379.'),
  'advertise-client-urls': used('Where clients are told to reach it. Default: where it listens.'),
  'initial-cluster-token': used('Goes into the ids. Default: etcd-cluster.'),
  'max-txn-ops': used('Most operations in a transaction. Default: 128.'),
  'max-request-bytes': used('Largest request. Default: 1572864.'),
  'quota-backend-bytes': used('Size at which writes fail; 0 for 2 GiB, negative for none.'),
  'watch-progress-notify-interval': used('Between progress notifications. Default: 10m.'),
  'experimental-watch-progress-notify-interval': used('The same, by its name in etcd 3.5.'),
  'auth-token': used('What kind of token authentication gives: simple, the only one here.'),
  'auth-token-ttl': used('Seconds for which a token is good since its last use. Default: 300.'),
  'cert-file': used('The certificate for https, PEM.'),
  'key-file': used('Its key, PEM.'),
  'trusted-ca-file': used("Who signs clients' certificates, PEM."),
  'client-cert-auth': usedBoolean('Whether clients must show a certificate.'),
  cors: used('Origins whose pages may call it from a browser, a list. Default: *.'),
  'enable-grpc-gateway': usedBoolean('Whether the JSON gateway is served. Default: true.'),
  'gateway-errors': used(
    'Not in etcd. How the gateway says errors: v1 as etcd 3.4, v2 as 3.6. Default: v2.',
  ),
  'enable-v2': usedBoolean('Whether the v2 API is served. Default: false.'),
  'log-level': used(
    'debug, info, warn: notes on what is not done here; error: none. Default: info.',
  ),
  version: usedBoolean('Show the version.'),
  help: usedBoolean('Show this.'),
}

const idleFlags = `
  data-dir wal-dir snapshot-count max-snapshots max-wals heartbeat-interval election-timeout listen-peer-urls
  initial-advertise-peer-urls initial-cluster initial-cluster-state peer-cert-file peer-key-file peer-trusted-ca-file
  grpc-keepalive-min-time grpc-keepalive-interval grpc-keepalive-timeout max-concurrent-streams backend-batch-interval
  backend-batch-limit backend-bbolt-freelist-type logger log-outputs log-format auto-compaction-mode
  experimental-warning-apply-duration warning-apply-duration metrics bcrypt-cost
`
const idleBooleans = `
  strict-reconfig-check pre-vote unsafe-no-fsync enable-pprof initial-election-tick-advance socket-reuse-port
  socket-reuse-address peer-client-cert-auth peer-auto-tls experimental-initial-corrupt-check
`

/** Every flag that is taken. */
export const flags: ReadonlyMap<string, Flag> = new Map([
  ...Object.entries(usedFlags),
  ...namesIn(idleFlags).map((name) => idle(name, false)),
  ...namesIn(idleBooleans).map((name) => idle(name, true)),
])

function namesIn(list: string): string[] {
  return list.trim().split(/\s+/)
}

function idle(name: string, isBoolean: boolean): [string, Flag] {
  return [name, { use: 'idle', isBoolean, help: '' }]
}

/** What `--help` says. */
export function describeFlags(): string {
  const shown = Object.entries(usedFlags).map(([name, { help }]) => `  --${name}\n      ${help}\n`)
  const taken = [...flags].filter(([, { use }]) => use === 'idle').map(([name]) => `--${name}`)
  return `Usage: etcdkit-server [flags]

An etcd of one member in memory, to develop and test against. It takes etcd's own flags, and for each the environment
variable that etcd takes, such as ETCD_LISTEN_CLIENT_URLS for --listen-client-urls.

${shown.join('')}
Taken, and without effect here: ${taken.join(' ')}.
Any other flag is refused.
`
}
