// The embedded etcd: a store, its services, and the ways in.

import type { Transport } from '@etcdkit/protocol'
import { Gateway } from '../gateway/gateway.ts'
import { ManualClock } from '../store/manual-clock.ts'
import { V2Face } from '../v2/v2-face.ts'
import type { Faults } from '../v3/fault.ts'
import { InProcessTransport } from '../v3/in-process/in-process-transport.ts'
import { refusal } from '../v3/status.ts'
import { serverVersion } from '../v3/version.ts'
import { type Address, parseAddress } from './address.ts'
import { createCore, type ServerCore } from './core.ts'
import { Cors } from './cors.ts'
import type { HttpFace } from './http-face.ts'
import type { EtcdServerOptions, ListenOptions } from './options.ts'
import { Port } from './port.ts'

/**
 * The clock of a server.
 *
 * @example
 * ```ts
 * import { EtcdServer } from '@etcdkit/server'
 *
 * await using server = EtcdServer.create({ clock: 'manual' })
 * server.clock.advance(10_000)
 * ```
 */
export interface ServerClock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Moves a manual clock on; throws `TypeError` on any other. What falls due on the way happens before it returns. */
  advance(ms: number): void
}

/**
 * An etcd of one member, in memory, inside the process.
 *
 * It answers the v3 API as etcd 3.6 does, over gRPC and as JSON, so that `etcdctl`, curl and the clients of every language
 * work against it, and in the same process without a socket. For tests it can be told to misbehave, and its time can be moved by hand.
 *
 * @example
 * ```ts
 * import { EtcdServer } from '@etcdkit/server'
 *
 * await using server = await EtcdServer.listen({ port: 0, clock: 'manual' })
 * console.log(server.endpoint)
 * server.clock.advance(10_000)
 * ```
 */
export class EtcdServer implements AsyncDisposable {
  /** The version it says it is. */
  readonly version: string = serverVersion
  readonly clock: ServerClock
  readonly #core: ServerCore
  #ports: readonly Port[] = []
  #v2: V2Face | undefined
  #closing: Promise<void> | undefined

  private constructor(options: EtcdServerOptions) {
    this.#core = createCore(options)
    this.clock = serverClock(this.#core)
  }

  /**
   * A server without a port: `transport` is the way in. Throws `RangeError` on an option that cannot be.
   *
   * @example
   * ```ts
   * import { EtcdServer, KV } from '@etcdkit/server'
   *
   * await using server = EtcdServer.create()
   * await server.transport.unary(KV.put, { key: new TextEncoder().encode('a') })
   * ```
   */
  static create(options: EtcdServerOptions = {}): EtcdServer {
    return new EtcdServer(options)
  }

  /**
   * A server that listens, on 127.0.0.1:2379 unless told otherwise. Rejects when it cannot, with what Node says as `cause`.
   *
   * @example
   * ```ts
   * import { EtcdServer } from '@etcdkit/server'
   *
   * await using server = await EtcdServer.listen({ port: 0 })
   * ```
   */
  static async listen(options: ListenOptions = {}): Promise<EtcdServer> {
    const addresses = addressesOf(options)
    const server = new EtcdServer(options)
    try {
      await server.#listen(addresses, options)
    } catch (error) {
      await server.close()
      throw error
    }
    return server
  }

  /** Where it listens: `http://127.0.0.1:2379`. The first of several. Throws `TypeError` if it does not listen. */
  get endpoint(): string {
    const [endpoint] = this.endpoints
    if (endpoint === undefined) {
      throw new TypeError('Cannot tell the endpoint: the server does not listen')
    }
    return endpoint
  }

  /** Everywhere it listens. */
  get endpoints(): readonly string[] {
    return this.#ports.map((port) => port.endpoint)
  }

  /** A way in without a socket. Each reading gives one of its own: a client may close it, and others are not touched. */
  get transport(): Transport {
    const { dispatcher, faults, maxMessageBytes } = this.#core
    const isClosed = (): boolean => this.#closing !== undefined
    return new InProcessTransport({
      dispatcher,
      connections: faults.connections,
      maxMessageBytes,
      get closed() {
        return isClosed()
      },
    })
  }

  /** What it can be told to do wrong. */
  get faults(): Faults {
    return this.#core.faults
  }

  /** The newest revision of its store. */
  get revision(): number {
    return this.#core.services.store.revision
  }

  /** Ends every stream, connection and timer; resolves when nothing is left. Twice is fine. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #listen(addresses: readonly Address[], options: ListenOptions): Promise<void> {
    const { dispatcher, faults, maxMessageBytes, services, watches } = this.#core
    const { gateway = true, gatewayErrors: errors, cors = ['*'] } = options
    this.#v2 = options.v2 ? createV2(this.#core) : undefined
    const http: HttpFace = {
      plain: { core: services, dispatcher, watches },
      gateway: gateway ? new Gateway({ dispatcher, maxMessageBytes, errors }) : undefined,
      v2: this.#v2,
      cors: new Cors(cors),
    }
    for (const address of addresses) {
      const port = new Port({
        address,
        tls: options.tls,
        connections: faults.connections,
        http,
        grpc: { dispatcher, maxMessageBytes },
      })
      await port.listen()
      this.#ports = [...this.#ports, port]
    }
    services.member.clientUrls = options.advertiseClientUrls ?? this.endpoints
  }

  async #close(): Promise<void> {
    const { faults, services } = this.#core
    for (const stream of faults.streams) stream.stop(refusal('server-stopped'))
    this.#v2?.close()
    faults.connections.stop()
    await Promise.all(this.#ports.map((port) => port.close()))
    // What was held back is let go, and finds nobody.
    faults.clear()
    services.store.close()
  }
}

function addressesOf({ host, port, urls, tls }: ListenOptions): readonly Address[] {
  if (urls !== undefined) return urls.map(parseAddress)
  return [{ secure: tls !== undefined, host: host ?? '127.0.0.1', port: port ?? 2379 }]
}

function createV2({ services, clock }: ServerCore): V2Face {
  const { member, membership } = services
  const { clusterId, memberId } = member
  return new V2Face({ clock, clusterId, memberId, membership, log: services })
}

function serverClock({ clock }: ServerCore): ServerClock {
  return {
    now: () => clock.now(),
    advance(ms) {
      if (!(clock instanceof ManualClock)) {
        throw new TypeError(
          "Cannot advance the clock: the server was not made with clock: 'manual'",
        )
      }
      clock.advance(ms)
    },
  }
}
