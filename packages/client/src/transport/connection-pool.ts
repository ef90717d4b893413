// The connections of a client: one for each endpoint, taken in turn.

import { Connection, type ConnectionSettings } from './connection.ts'
import { type Endpoint, parseEndpoint } from './endpoint.ts'

// Members outside the list that were asked for by name; the oldest goes first.
const maxExtraConnections = 16

/** Round robin over the endpoints that are connected. */
export class ConnectionPool {
  readonly #settings: ConnectionSettings
  readonly #onReady: () => void
  #connections: Connection[] = []
  readonly #extra = new Map<string, Connection>()
  // Those that made room for others, and may have calls to finish.
  readonly #retired = new Set<Connection>()
  #next = 0
  #lastFailed: Connection | undefined

  /** `onReady` is called when a call that found no connection may try again. */
  constructor(endpoints: readonly Endpoint[], settings: ConnectionSettings, onReady: () => void) {
    this.#settings = settings
    this.#onReady = onReady
    this.#connections = endpoints.map((endpoint) => this.#create(endpoint))
  }

  /** How many endpoints there are. */
  get size(): number {
    return this.#connections.length
  }

  /** A connection that is open, else `undefined` after having seen to it that one is being opened. */
  pick(endpoint?: string): Connection | undefined {
    if (endpoint !== undefined) return this.#pickNamed(endpoint)
    const connections = this.#connections
    const count = connections.length
    for (let tried = 0; tried < count; tried++) {
      const connection = connections[this.#next++ % count]
      if (connection?.session !== undefined) return connection
      connection?.connect()
    }
    return undefined
  }

  /** A connection whose last attempt failed: of the named endpoint, or the latest. */
  lastFailure(endpoint?: string): Connection | undefined {
    if (endpoint === undefined) return this.#lastFailed
    return this.#find(parseEndpoint(endpoint).url)
  }

  /** Ends every connection; resolves when their sockets are gone. */
  async close(): Promise<void> {
    const all = [...this.#connections, ...this.#extra.values(), ...this.#retired]
    this.#connections = []
    this.#extra.clear()
    this.#retired.clear()
    await Promise.all(all.map((connection) => connection.close()))
  }

  #pickNamed(text: string): Connection | undefined {
    const endpoint = parseEndpoint(text)
    const connection = this.#find(endpoint.url) ?? this.#addExtra(endpoint)
    if (connection.session !== undefined) return connection
    connection.connect()
    return undefined
  }

  #find(url: string): Connection | undefined {
    return (
      this.#connections.find((connection) => connection.endpoint.url === url) ??
      this.#extra.get(url)
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
    for (const retired of this.#retired) if (retired.isGone) this.#retired.delete(retired)
    for (const [url, connection] of this.#extra) {
      if (connection.isAwaited) continue
      this.#extra.delete(url)
      connection.retire()
      this.#retired.add(connection)
      return
    }
  }

  #create(endpoint: Endpoint): Connection {
    return new Connection(endpoint, this.#settings, {
      onReady: () => this.#onReady(),
      onIdle: () => this.#onReady(),
      onFailed: (connection) => {
        this.#lastFailed = connection
      },
    })
  }
}
