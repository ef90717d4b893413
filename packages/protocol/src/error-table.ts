// The one table between what etcd says on the wire and etcdkit's codes, both ways. Nothing else reads message text.

import type { ClientCode, EtcdErrorCode } from './error-code.ts'
import { type GrpcStatus, statusName, statusNumbers, statusOfGoName } from './status.ts'

/** What is known of a write that was answered with an error: surely not applied, or possibly applied. */
export type Applied = 'no' | 'maybe'

/** One message etcd is known to send. */
export interface ErrorRow {
  readonly message: string
  /** The status etcd means; what it sends may be `unknown`. */
  readonly status: GrpcStatus
  readonly code: EtcdErrorCode
  readonly applied: Applied
}

/** An error as the table understands it. */
export interface WireError {
  readonly code: EtcdErrorCode
  readonly applied: Applied
  /** What the peer said, without Go's `rpc error: code = … desc = `. */
  readonly message: string
}

function row(
  status: GrpcStatus,
  code: EtcdErrorCode,
  message: string,
  applied: Applied = 'no',
): ErrorRow {
  return { message, status, code, applied }
}

/**
 * Every message, and its code. Of several rows with a code the first is what a server sends.
 *
 * Source: etcd `api/v3rpc/rpctypes/error.go`, and for the last block the places named there.
 */
export const errorTable: readonly ErrorRow[] = [
  row('invalid-argument', 'empty-key', 'etcdserver: key is not provided'),
  row('invalid-argument', 'key-not-found', 'etcdserver: key not found'),
  row('invalid-argument', 'value-provided', 'etcdserver: value is provided'),
  row('invalid-argument', 'lease-provided', 'etcdserver: lease is provided'),
  row('invalid-argument', 'too-many-ops', 'etcdserver: too many operations in txn request'),
  row('invalid-argument', 'duplicate-key', 'etcdserver: duplicate key given in txn request'),
  row('invalid-argument', 'invalid-client-api-version', 'etcdserver: invalid client api version'),
  row('invalid-argument', 'invalid-sort-option', 'etcdserver: invalid sort option'),
  row('out-of-range', 'compacted', 'etcdserver: mvcc: required revision has been compacted'),
  row(
    'out-of-range',
    'future-revision',
    'etcdserver: mvcc: required revision is a future revision',
  ),
  // Writes at a time have been seen applied although they were refused so: the quota is looked at twice.
  row('resource-exhausted', 'no-space', 'etcdserver: mvcc: database space exceeded', 'maybe'),
  row('not-found', 'lease-not-found', 'etcdserver: requested lease not found'),
  row('failed-precondition', 'lease-exists', 'etcdserver: lease already exists'),
  row('out-of-range', 'lease-ttl-too-large', 'etcdserver: too large lease TTL'),
  row('canceled', 'watch-canceled', 'etcdserver: watch canceled'),
  row('failed-precondition', 'member-exists', 'etcdserver: member ID already exist'),
  row('failed-precondition', 'peer-url-exists', 'etcdserver: Peer URLs already exists'),
  row(
    'failed-precondition',
    'not-enough-started-members',
    'etcdserver: re-configuration failed due to not enough started members',
  ),
  row('invalid-argument', 'bad-member-urls', 'etcdserver: given member URLs are invalid'),
  row('not-found', 'member-not-found', 'etcdserver: member not found'),
  row('failed-precondition', 'member-not-learner', 'etcdserver: can only promote a learner member'),
  row(
    'failed-precondition',
    'learner-not-ready',
    'etcdserver: can only promote a learner member which is in sync with leader',
  ),
  row(
    'failed-precondition',
    'too-many-learners',
    'etcdserver: too many learner members in cluster',
  ),
  row('failed-precondition', 'cluster-id-mismatch', 'etcdserver: cluster ID mismatch'),
  row('invalid-argument', 'request-too-large', 'etcdserver: request is too large'),
  row('resource-exhausted', 'too-many-requests', 'etcdserver: too many requests'),
  row('failed-precondition', 'root-user-not-found', 'etcdserver: root user does not exist'),
  row(
    'failed-precondition',
    'root-role-not-granted',
    'etcdserver: root user does not have root role',
  ),
  row('failed-precondition', 'user-exists', 'etcdserver: user name already exists'),
  row('invalid-argument', 'user-empty', 'etcdserver: user name is empty'),
  row('failed-precondition', 'user-not-found', 'etcdserver: user name not found'),
  row('failed-precondition', 'role-exists', 'etcdserver: role name already exists'),
  row('failed-precondition', 'role-not-found', 'etcdserver: role name not found'),
  row('invalid-argument', 'role-empty', 'etcdserver: role name is empty'),
  row(
    'invalid-argument',
    'auth-failed',
    'etcdserver: authentication failed, invalid user ID or password',
  ),
  row('invalid-argument', 'permission-not-given', 'etcdserver: permission not given'),
  row('permission-denied', 'permission-denied', 'etcdserver: permission denied'),
  row('failed-precondition', 'role-not-granted', 'etcdserver: role is not granted to the user'),
  row(
    'failed-precondition',
    'permission-not-granted',
    'etcdserver: permission is not granted to the role',
  ),
  row('failed-precondition', 'auth-not-enabled', 'etcdserver: authentication is not enabled'),
  row('unauthenticated', 'invalid-auth-token', 'etcdserver: invalid auth token'),
  row('invalid-argument', 'invalid-auth-management', 'etcdserver: invalid auth management'),
  row('invalid-argument', 'auth-old-revision', 'etcdserver: revision of auth store is old'),
  row('unavailable', 'no-leader', 'etcdserver: no leader'),
  row('failed-precondition', 'not-leader', 'etcdserver: not leader'),
  row('unavailable', 'leader-changed', 'etcdserver: leader changed', 'maybe'),
  row('failed-precondition', 'not-capable', 'etcdserver: not capable'),
  row('unavailable', 'server-stopped', 'etcdserver: server stopped', 'maybe'),
  row('unavailable', 'timeout', 'etcdserver: request timed out', 'maybe'),
  row(
    'unavailable',
    'timeout',
    'etcdserver: request timed out, possibly due to previous leader failure',
    'maybe',
  ),
  row(
    'unavailable',
    'timeout',
    'etcdserver: request timed out, possibly due to connection lost',
    'maybe',
  ),
  row(
    'unavailable',
    'timeout',
    'etcdserver: request timed out, waiting for the applied index took too long',
    'maybe',
  ),
  row('unavailable', 'unhealthy-cluster', 'etcdserver: unhealthy cluster', 'maybe'),
  row('data-loss', 'corrupt-cluster', 'etcdserver: corrupt cluster'),
  row(
    'failed-precondition',
    'not-supported-for-learner',
    'etcdserver: rpc not supported for learner',
  ),
  row('failed-precondition', 'bad-leader-transferee', 'etcdserver: bad leader transferee'),
  row(
    'invalid-argument',
    'wrong-downgrade-version-format',
    'etcdserver: wrong downgrade target version format',
  ),
  row(
    'invalid-argument',
    'invalid-downgrade-target-version',
    'etcdserver: invalid downgrade target version',
  ),
  row(
    'failed-precondition',
    'cluster-version-unavailable',
    'etcdserver: cluster version not found during downgrade',
  ),
  row(
    'failed-precondition',
    'downgrade-in-progress',
    'etcdserver: cluster has a downgrade job in progress',
  ),
  row('failed-precondition', 'no-downgrade-in-progress', 'etcdserver: no inflight downgrade job'),
  row('canceled', 'canceled', 'etcdserver: request canceled', 'maybe'),
  row('deadline-exceeded', 'deadline-exceeded', 'etcdserver: context deadline exceeded', 'maybe'),

  // Seen on the wire, though not in etcd's own table.
  row(
    'unknown',
    'no-password-user',
    'auth: authentication failed, password was given for no password user',
  ),
  row('unknown', 'permission-denied', 'auth: permission denied'),
  row(
    'unknown',
    'timeout',
    'etcdserver: request timed out, leader transfer took too long',
    'maybe',
  ),
  row('unknown', 'not-primary-lessor', 'not a primary lessor'),
  row('unimplemented', 'unimplemented', 'etcdserver: unknown method'),
  row('unknown', 'verify-only-token-key', 'auth: token signing attempted with verify-only key'),
  row('unknown', 'election-no-leader', 'election: no leader'),
  row('unknown', 'election-not-leader', 'election: not leader'),
  row('unknown', 'election-leader-missing', '"leader" field must be provided'),
  row('unknown', 'mutex-session-expired', 'mutex: session is expired'),
  row(
    'invalid-argument',
    'duplicate-watch-id',
    'mvcc: duplicate watch ID provided on the WatchStream',
  ),
  row('invalid-argument', 'empty-watch-range', 'mvcc: watcher range is empty'),
]

/** A message with something of the moment in it. */
interface ErrorPattern {
  readonly pattern: RegExp
  readonly code: EtcdErrorCode
  readonly applied: Applied
}

const errorPatterns: readonly ErrorPattern[] = [
  {
    pattern: /^grpc: received message(?: after decompression)? larger than max\b/,
    code: 'request-too-large',
    applied: 'no',
  },
  // The answer is what is too large: by then the request has been processed.
  {
    pattern: /^grpc: trying to send message larger than max\b/,
    code: 'message-too-large',
    applied: 'maybe',
  },
  { pattern: /^unknown method \S+ for service \S+$/, code: 'unimplemented', applied: 'no' },
  { pattern: /^unknown service \S+$/, code: 'unimplemented', applied: 'no' },
  { pattern: /^RangeStream does not support /, code: 'unimplemented', applied: 'no' },
]

/** What is known of a write by the status alone. Whatever may come from halfway is a maybe. */
const appliedByStatus: Readonly<Record<GrpcStatus, Applied>> = {
  canceled: 'maybe',
  unknown: 'maybe',
  'invalid-argument': 'no',
  'deadline-exceeded': 'maybe',
  'not-found': 'no',
  'already-exists': 'no',
  'permission-denied': 'no',
  'resource-exhausted': 'maybe',
  'failed-precondition': 'no',
  aborted: 'maybe',
  'out-of-range': 'no',
  unimplemented: 'no',
  internal: 'maybe',
  unavailable: 'maybe',
  'data-loss': 'maybe',
  unauthenticated: 'no',
}

/** The status a server sends for what only clients find out. */
const clientStatuses: Readonly<Record<ClientCode, GrpcStatus>> = {
  closed: 'canceled',
  'connection-failed': 'unavailable',
  'dns-failed': 'unavailable',
  'tcp-failed': 'unavailable',
  'tls-failed': 'unavailable',
  'http2-failed': 'unavailable',
  'connection-lost': 'unavailable',
  'protocol-error': 'internal',
  'message-too-large': 'resource-exhausted',
  'decode-failed': 'internal',
  'barrier-full': 'failed-precondition',
  'lease-expired': 'not-found',
  'old-cluster': 'failed-precondition',
  'no-greater-revision': 'failed-precondition',
  'snapshot-corrupt': 'data-loss',
  'file-failed': 'unknown',
}

const rowsByMessage: ReadonlyMap<string, ErrorRow> = /* @__PURE__ */ new Map(
  errorTable.map((entry) => [entry.message, entry]),
)

/** As Go prints a gRPC error: inside another error's message, and in a watch's cancel reason. */
const goError = /^rpc error: code = (\w+) desc = /

/**
 * What a gRPC status says: by its message if that is known, else by its number.
 *
 * etcd sends some of its errors as `unknown`, so the message goes first. `status` is not 0.
 *
 * @example
 * errorFromStatus(14, 'etcdserver: leader changed') // { code: 'leader-changed', applied: 'maybe', … }
 */
export function errorFromStatus(status: number, message: string): WireError {
  const wrapped = goError.exec(message)
  if (wrapped !== null) {
    const inner = statusNumbers[statusOfGoName(wrapped[1] ?? '')]
    return errorFromStatus(inner, message.slice(wrapped[0].length))
  }
  const known = lookUp(message)
  if (known !== undefined) return { code: known.code, applied: known.applied, message }
  const code = statusName(status)
  return { code, applied: appliedByStatus[code], message }
}

/**
 * What the `cancel_reason` of a watch says: `watch-canceled` if it says nothing that is known.
 *
 * @example
 * parseCancelReason('rpc error: code = PermissionDenied desc = etcdserver: permission denied').code // 'permission-denied'
 */
export function parseCancelReason(reason: string): WireError {
  if (goError.test(reason)) return errorFromStatus(statusNumbers.unknown, reason)
  const { code, applied } = lookUp(reason) ?? { code: 'watch-canceled', applied: 'no' }
  return { code, applied, message: reason }
}

/**
 * What a server sends for `code`: the status number, and the message by which every client knows it.
 *
 * @example
 * statusOf('lease-not-found') // { status: 5, message: 'etcdserver: requested lease not found' }
 */
export function statusOf(code: EtcdErrorCode): {
  readonly status: number
  readonly message: string
} {
  const known = errorTable.find((entry) => entry.code === code)
  if (known !== undefined) return { status: statusNumbers[known.status], message: known.message }
  const status = isClientCode(code) ? clientStatuses[code] : (code as GrpcStatus)
  return { status: statusNumbers[status], message: code.replaceAll('-', ' ') }
}

function lookUp(message: string): Omit<WireError, 'message'> | undefined {
  return rowsByMessage.get(message) ?? errorPatterns.find(({ pattern }) => pattern.test(message))
}

function isClientCode(code: EtcdErrorCode): code is ClientCode {
  return Object.hasOwn(clientStatuses, code)
}
