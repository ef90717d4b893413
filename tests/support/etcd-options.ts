// What kind of etcd a test wants, and what follows from it.

import type { EtcdVersion } from './etcd-binary.ts'

/** The etcd to start. Everything but the version has a default. */
export interface EtcdOptions {
  readonly version: EtcdVersion
  /** Default: 1. */
  readonly members?: 1 | 3
  /**
   * TLS on the client port: none, the server's certificate only, or the client's as well. Between members there
   * is none. Default: `none`.
   */
  readonly tls?: 'none' | 'server' | 'mutual'
  /** Serves the v2 API. Default: false. */
  readonly v2?: boolean
  /** Listens on a unix socket as well. Default: false. */
  readonly unixSocket?: boolean
  /** What kind of token `Authenticate` hands out. Default: `simple`. */
  readonly authToken?: 'simple' | 'jwt'
  /** How long a token is good for: a simple one since its last use, a JWT since it was made. Default: 300. */
  readonly authTokenTtlSeconds?: number
  /** Default: 20 with one member, 50 with three. */
  readonly heartbeatMs?: number
  /** At least five heartbeats. Default: 100 with one member, 500 with three. */
  readonly electionMs?: number
  /** Default: `warn`. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error'
  /** What each member tells clients to reach it by, such as a proxy before it. Default: where it listens. */
  readonly advertiseClientUrls?: readonly string[]
  /** More flags, such as `--quota-backend-bytes=1000000`; they win over the ones made here. */
  readonly flags?: readonly string[]
}

/** How often a leader is heard of, and after how long without it the members elect another. */
export interface EtcdTiming {
  readonly heartbeatMs: number
  readonly electionMs: number
}

/**
 * The timing in force. One member elects itself whatever the delay, so it may be as quick as etcd goes; three have
 * to bear the noise of a small machine, and still choose a new leader within a second.
 */
export function etcdTiming(options: EtcdOptions): EtcdTiming {
  const { members = 1 } = options
  const usual = members === 1 ? { heartbeat: 20, election: 100 } : { heartbeat: 50, election: 500 }
  const { heartbeatMs = usual.heartbeat, electionMs = usual.election } = options
  return { heartbeatMs, electionMs }
}

/**
 * The shortest lease that etcd grants; a shorter wish is raised to it. It follows from the timing (etcd's
 * `server.go`: one and a half elections, in whole ticks, rounded up to seconds): 2 with etcd's own defaults of 100
 * and 1000 ms, 1 with the defaults here. A test of the 2 sets `heartbeatMs: 100, electionMs: 1000`.
 */
export function minimumLeaseTtlSeconds({ heartbeatMs, electionMs }: EtcdTiming): number {
  const electionTicks = Math.trunc(electionMs / heartbeatMs)
  return Math.ceil((Math.trunc((3 * electionTicks) / 2) * heartbeatMs) / 1000)
}
