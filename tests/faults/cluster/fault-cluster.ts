// Three real members, each behind a proxy, and the ways in: through the proxies, and past them.

import { type EtcdOptions as ClientOptions, Etcd } from 'etcdkit'
import { Etcd as GatewayEtcd } from 'etcdkit/gateway'
import type { EtcdVersion } from '../../support/etcd-binary.ts'
import type { EtcdMember } from '../../support/etcd-member.ts'
import { type RunningEtcd, startEtcd } from '../../support/etcd-server.ts'
import { reservePorts } from '../../support/ports.ts'
import { FaultProxy, type ProxyTarget } from '../proxy/proxy.ts'
import type { Wire } from '../round/plan.ts'
import { enableAuth, rootUser, workingUser } from './auth.ts'

/** How the cluster is made. */
export interface ClusterOptions {
  readonly version: EtcdVersion
  readonly tls: 'none' | 'server' | 'mutual'
  /** What tokens users get; without one, there are no users. */
  readonly auth: 'none' | 'simple' | 'jwt'
  readonly tokenTtlSeconds: number
  /** Default: etcd's own, which no round reaches. */
  readonly quotaBytes: number | undefined
  /** The way the clients have that meet the faults. */
  readonly wire: Wire
}

/** How many members there are. */
export const memberCount = 3

/** What clients are told so that they are as quick as they may be, and more is found out in a round. */
export const quickOverGrpc = { pingIntervalMs: 5000, pingTimeoutMs: 2000, connectTimeoutMs: 2000 }
/** The same over the gateway. */
export const quickOverHttp = { probeIntervalMs: 5000, connectTimeoutMs: 2000 }

const nowhere: ProxyTarget = { host: '127.0.0.1', port: 1 }

/** A running cluster of three. */
export class FaultCluster implements AsyncDisposable {
  readonly options: ClusterOptions
  readonly proxies: readonly FaultProxy[]
  /** Who looks after the cluster, past the proxies. */
  readonly admin: Etcd
  readonly #etcd: RunningEtcd
  readonly #proxied: readonly string[]
  /** What is to be disposed, the last first. */
  readonly #held: readonly AsyncDisposable[]

  private constructor(
    options: ClusterOptions,
    parts: {
      readonly etcd: RunningEtcd
      readonly proxies: readonly FaultProxy[]
      readonly held: readonly AsyncDisposable[]
    },
  ) {
    this.options = options
    this.proxies = parts.proxies
    this.#etcd = parts.etcd
    this.#held = parts.held
    this.#proxied = parts.proxies.map(({ port }) => urlOf(options, port))
    this.admin = this.direct()
  }

  /** Starts the members and the proxies, and turns auth on if that is wanted. */
  static async start(options: ClusterOptions): Promise<FaultCluster> {
    const held: AsyncDisposable[] = []
    try {
      const ports = await reservePorts(memberCount)
      held.push(ports)
      const proxies: FaultProxy[] = []
      for (const port of ports.ports) {
        const proxy = await FaultProxy.listen({ port, target: nowhere })
        proxies.push(proxy)
        held.push(proxy)
      }
      const etcd = await startMembers(options, ports.ports)
      held.push(etcd)
      for (const [index, proxy] of proxies.entries()) {
        proxy.target = { host: '127.0.0.1', port: portOf(etcd.endpoints[index]) }
      }
      const cluster = new FaultCluster(options, { etcd, proxies, held })
      held.push(cluster.admin)
      if (options.auth !== 'none') await cluster.#enableAuth()
      return cluster
    } catch (error) {
      await disposeAll(held)
      throw error
    }
  }

  get members(): readonly EtcdMember[] {
    return this.#etcd.members
  }

  get version(): string {
    return this.#etcd.version
  }

  /** The end of the members' logs. */
  get log(): string {
    return this.#etcd.log
  }

  /** The member of an index. */
  member(index: number): EtcdMember {
    const member = this.members[index]
    if (!member) throw new RangeError(`Cannot find member ${index}: there are ${memberCount}`)
    return member
  }

  /** The proxy before a member. */
  proxy(index: number): FaultProxy {
    const proxy = this.proxies[index]
    if (!proxy) throw new RangeError(`Cannot find proxy ${index}: there are ${memberCount}`)
    return proxy
  }

  /** A client as users have it: it knows the proxies only. Whoever asks for it closes it. */
  connect(): Etcd {
    const options = { endpoints: this.#proxied, ...this.#clientOptions(workingUser) }
    return this.options.wire === 'gateway'
      ? new GatewayEtcd({ ...options, ...quickOverHttp })
      : new Etcd({ ...options, ...quickOverGrpc })
  }

  /** A client that no proxy is before, of all members or of one, who looks after the cluster. */
  direct(index?: number): Etcd {
    const endpoints = index === undefined ? this.#etcd.endpoints : [this.member(index).endpoint]
    return new Etcd({ endpoints, ...this.#clientOptions(rootUser) })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return disposeAll(this.#held)
  }

  async #enableAuth(): Promise<void> {
    const { endpoints } = this.#etcd
    await using nobody = new Etcd({ endpoints, ...this.#clientOptions(undefined) })
    await enableAuth(nobody)
    // Resolves when it is known who looks after the cluster.
    await this.admin.list('any')
  }

  #clientOptions(auth: ClientOptions['auth']): ClientOptions {
    const { tls } = this.#etcd
    return {
      ...(this.options.auth !== 'none' && { auth }),
      ...(tls && { tls: { ca: tls.ca, ...this.#identity(tls) } }),
    }
  }

  #identity(tls: NonNullable<RunningEtcd['tls']>): ClientOptions['tls'] {
    return this.options.tls === 'mutual' ? { cert: tls.clientCert, key: tls.clientKey } : {}
  }
}

function startMembers(options: ClusterOptions, ports: readonly number[]): Promise<RunningEtcd> {
  const { version, tls, auth, tokenTtlSeconds, quotaBytes } = options
  return startEtcd({
    version,
    tls,
    members: memberCount,
    advertiseClientUrls: ports.map((port) => urlOf(options, port)),
    ...(auth !== 'none' && { authToken: auth, authTokenTtlSeconds: tokenTtlSeconds }),
    flags: [
      ...(quotaBytes === undefined ? [] : [`--quota-backend-bytes=${quotaBytes}`]),
      // 3.4 has it not; it knows progress notifications every ten minutes only.
      ...(version === '3.4' ? [] : ['--experimental-watch-progress-notify-interval=1s']),
    ],
  })
}

function urlOf({ tls }: ClusterOptions, port: number): string {
  return `${tls === 'none' ? 'http' : 'https'}://127.0.0.1:${port}`
}

function portOf(endpoint: string | undefined): number {
  return Number(new URL(endpoint ?? '').port)
}

async function disposeAll(held: readonly AsyncDisposable[]): Promise<void> {
  for (const each of held.toReversed()) await each[Symbol.asyncDispose]()
}
