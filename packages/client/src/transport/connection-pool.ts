// The connections of a client: those to each endpoint of the list, and some for members that are asked for by name.

import type { EtcdError, EventSink } from '@etcdkit/protocol'
import type { Http2Error } from '../http2/errors.ts'
import type { Http2Session } from '../http2/session.ts'
import { Balancer } from './balancer.ts'
import { Connection, type ConnectionEvents, type ConnectionSettings } from './connection.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'
import { connectionLost, notConnected } from './failure.ts'

// Members outside the list that were asked for by name; the oldest goes first.
const maxExtraConnections = 16

/** What a pool asks of its transport, and tells it. */
export interface PoolOwner {
  /** A call that found no connection may try again. */
  connectionReady(): void
  /** The endpoint is not on the list any more: the sessions finish what they have. */
  connectionRemoved(connection: Connection, sessions: readonly Http2Session[]): void
  /** Asks an ejected member for something that only a working one can answer; rejects if it does not. */
  probe(connection: Connection): Promise<unknown>
  /** Where to tell of changes; `undefined` while nobody listens. */
  sink(): EventSink | undefined
}

/** Round robin over the endpoints that are connected and answer. */
export class ConnectionPool {
  readonly #settings: ConnectionSettings
  readonly #owner: PoolOwner
  readonly #balancer: Balancer<Connection>
  readonly #extra = new Map<string, Connection>()
  // Those that made room for others, and may have calls to finish.
  readonly #retired = new Set<Connection>()
  #lastFailed: Connection | undefined

  constructor(endpoints: readonly Endpoint[], settings: ConnectionSettings, owner: PoolOwner) {
    this.#settings = settings
    this.#owner = owner
    this.#balancer = new Balancer(endpoints, {
      create: (endpoint) => this.#create(endpoint),
      removed: (connection) => this.#remove(connection),
      probe: (connection) => owner.probe(connection),
      sink: () => owner.sink(),
    })
  }

  /** How many endpoints there are. */
  get size(): number {
    return this.#balancer.size
  }

  /** The list, each in its normal form. */
  get endpoints(): readonly string[] {
    return this.#balancer.candidates.map(({ endpoint }) => endpoint.url)
  }

  /** Replaces the list. What leaves it finishes the calls it has. */
  setEndpoints(endpoints: readonly Endpoint[]): void {
    this.#balancer.setEndpoints(endpoints)
  }

  /** A connection that is open, else `undefined` after having seen to it that one is being opened. */
  pick(endpoint?: string): Connection | undefined {
    if (endpoint !== undefined) return this.#pickNamed(endpoint)
    const connection = this.#balancer.pick()
    if (connection === undefined) for (const each of this.#balancer.candidates) each.hurry()
    return connection
  }

  /** Whether a call that is given up there has another connection to go to. */
  hasOther(than: Connection): boolean {
    return this.#balancer.hasOther(than)
  }

  /** A call was answered. */
  succeeded(connection: Connection): void {
    this.#balancer.succeeded(connection)
  }

  /** A connection that was stalled takes calls again. */
  resumed(connection: Connection): void {
    this.#balancer.restored(connection)
    this.#owner.connectionReady()
  }

  /** The member does not work as it should. */
  failed(connection: Connection, error: EtcdError): void {
    this.#balancer.failed(connection, error)
  }

  /** A call waited in vain for so many milliseconds. */
  timedOut(connection: Connection, error: EtcdError, waitedMs: number): void {
    this.#balancer.timedOut(connection, error, waitedMs)
  }

  /** A connection whose last attempt failed: of the named endpoint, or the latest. */
  lastFailure(endpoint?: string): Connection | undefined {
    if (endpoint === undefined) return this.#lastFailed
    return this.#find(parseEndpoint(endpoint).url)
  }

  /** Ends every connection; resolves when their sockets are gone. */
  async close(): Promise<void> {
    const all = [...this.#balancer.candidates, ...this.#extra.values(), ...this.#retired]
    this.#extra.clear()
    this.#retired.clear()
    await Promise.all(all.map((connection) => connection.close()))
  }

  #pickNamed(text: string): Connection | undefined {
    const endpoint = parseEndpoint(text)
    const connection = this.#find(endpoint.url) ?? this.#addExtra(endpoint)
    if (connection.isOpen) return connection
    connection.open()
    connection.hurry()
    return undefined
  }

  #find(url: string): Connection | undefined {
    return (
      this.#balancer.candidates.find(({ endpoint }) => endpoint.url === url) ?? this.#extra.get(url)
    )
  }

  #addExtra(endpoint: Endpoint): Connection {
    if (this.#extra.size >= maxExtraConnections) this.#makeRoom()
    const connection = this.#create(endpoint)
    this.#extra.set(endpoint.url, connection)
    return connection
  }

  // The oldest goes that no call waits for; while all are being opened, there are more of them.
  #makeRoom(): void {
    for (const [url, connection] of this.#extra) {
      if (connection.isAwaited) continue
      this.#extra.delete(url)
      this.#retire(connection)
      return
    }
  }

  #remove(connection: Connection): void {
    if (this.#lastFailed === connection) this.#lastFailed = undefined
    this.#owner.connectionRemoved(connection, this.#retire(connection))
  }

  #retire(connection: Connection): readonly Http2Session[] {
    for (const retired of this.#retired) if (retired.isGone) this.#retired.delete(retired)
    this.#retired.add(connection)
    return connection.retire()
  }

  #create(endpoint: Endpoint): Connection {
    const events: ConnectionEvents = {
      onReady: (connection) => {
        this.#owner.sink()?.({ type: 'connected', endpoint: endpoint.url })
        this.#balancer.restored(connection)
        this.#owner.connectionReady()
      },
      onIdle: () => this.#owner.connectionReady(),
      onLost: (_, cause) => this.#tellLost(endpoint, cause),
      onFailed: (connection, cause, pauseMs) => {
        this.#lastFailed = connection
        this.#balancer.failed(connection, notConnected(undefined, endpoint.url, cause), pauseMs)
      },
    }
    return new Connection(endpoint, this.#settings, events)
  }

  #tellLost(endpoint: Endpoint, cause: Http2Error): void {
    const error = connectionLost(endpoint.url, cause)
    this.#owner.sink()?.({ type: 'disconnected', endpoint: endpoint.url, error })
  }
}
