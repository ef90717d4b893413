// The closed set of codes that an error of etcdkit can have.

import type { GrpcStatus } from './status.ts'

/** What etcd refuses requests for, each told by a message of its own. */
export type EtcdCode =
  // Keys and transactions.
  | 'empty-key'
  | 'key-not-found'
  | 'value-provided'
  | 'lease-provided'
  | 'too-many-ops'
  | 'duplicate-key'
  | 'invalid-sort-option'
  | 'compacted'
  | 'future-revision'
  | 'no-space'
  | 'request-too-large'
  | 'too-many-requests'
  // Leases.
  | 'lease-not-found'
  | 'lease-exists'
  | 'lease-ttl-too-large'
  | 'not-primary-lessor'
  // Watches.
  | 'watch-canceled'
  | 'duplicate-watch-id'
  | 'empty-watch-range'
  // Members.
  | 'member-exists'
  | 'peer-url-exists'
  | 'not-enough-started-members'
  | 'bad-member-urls'
  | 'member-not-found'
  | 'member-not-learner'
  | 'learner-not-ready'
  | 'too-many-learners'
  | 'cluster-id-mismatch'
  | 'not-supported-for-learner'
  // Users and roles.
  | 'root-user-not-found'
  | 'root-role-not-granted'
  | 'user-exists'
  | 'user-empty'
  | 'user-not-found'
  | 'role-exists'
  | 'role-not-found'
  | 'role-empty'
  | 'role-not-granted'
  | 'permission-not-given'
  | 'permission-not-granted'
  | 'auth-failed'
  | 'auth-not-enabled'
  | 'auth-old-revision'
  | 'invalid-auth-token'
  | 'invalid-auth-management'
  | 'no-password-user'
  | 'verify-only-token-key'
  // The cluster and its leader.
  | 'no-leader'
  | 'not-leader'
  | 'leader-changed'
  | 'bad-leader-transferee'
  | 'not-capable'
  | 'server-stopped'
  | 'timeout'
  | 'unhealthy-cluster'
  | 'corrupt-cluster'
  | 'invalid-client-api-version'
  // Downgrades.
  | 'wrong-downgrade-version-format'
  | 'invalid-downgrade-target-version'
  | 'cluster-version-unavailable'
  | 'downgrade-in-progress'
  | 'no-downgrade-in-progress'
  // The lock and election services.
  | 'election-no-leader'
  | 'election-not-leader'
  | 'election-leader-missing'
  | 'mutex-session-expired'

/** What the client finds out by itself. */
export type ClientCode =
  /** The client was closed. */
  | 'closed'
  /** No connection could be made, for a reason other than those below. */
  | 'connection-failed'
  /** The endpoint's name could not be resolved. */
  | 'dns-failed'
  /** The endpoint's address could not be reached. */
  | 'tcp-failed'
  /** The TLS handshake failed. */
  | 'tls-failed'
  /** The peer does not speak HTTP/2. */
  | 'http2-failed'
  /** A connection broke after it was up. */
  | 'connection-lost'
  /** The peer broke the protocol. */
  | 'protocol-error'
  /** A message is larger than the receiver takes. */
  | 'message-too-large'
  /** A message could not be decoded. */
  | 'decode-failed'
  /** As many as a double barrier is for have come already. */
  | 'barrier-full'
  /** A lease can no longer be trusted to live. */
  | 'lease-expired'
  /** The servers are older than the client was told to accept. */
  | 'old-cluster'
  /** No endpoint knows a revision as new as one already seen. */
  | 'no-greater-revision'
  /** A snapshot ended before its end, or is not what its checksum says. */
  | 'snapshot-corrupt'
  /** A file could not be written. */
  | 'file-failed'

/** Which failure an error is: what etcd said, else gRPC's status, else what the client found. */
export type EtcdErrorCode = EtcdCode | GrpcStatus | ClientCode
