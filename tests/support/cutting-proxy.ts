// A TCP proxy that breaks a client's connections at a byte of what the server sends, or lets them fall silent.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** How a connection ends: with a reset, or as if the server had closed it. */
export type CutMode = 'reset' | 'end'

/** Where to break a connection. */
export interface Cut {
  /** So many bytes of the server's still pass. */
  readonly bytes: number
  readonly mode: CutMode
}

/** A running proxy. Disposing breaks what is open. */
export class CuttingProxy implements AsyncDisposable {
  /** Where clients find it. */
  readonly endpoint: string
  /** What the server has sent on the first connection. */
  readonly recorded: Buffer[] = []
  readonly #listener: Server
  readonly #target: URL
  readonly #links = new Set<Link>()
  readonly #cuts: Iterator<Cut>
  #connections = 0

  private constructor(listener: Server, target: string, cuts: Iterable<Cut>) {
    this.#listener = listener
    this.#target = new URL(target)
    this.#cuts = cuts[Symbol.iterator]()
    const address = listener.address()
    if (address === null || typeof address === 'string') throw new Error('Cannot listen on a port')
    this.endpoint = `http://127.0.0.1:${address.port}`
    listener.on('connection', (socket) => this.#accept(socket))
  }

  /** Starts a proxy before `target`. Each connection takes the next of `cuts`; those that come after the last stay whole. */
  static async start(target: string, cuts: Iterable<Cut> = []): Promise<CuttingProxy> {
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return new CuttingProxy(listener, target, cuts)
  }

  /** How many connections have been made. */
  get connections(): number {
    return this.#connections
  }

  /** From now on nothing passes on the connections that are open, in either direction. New ones are as good as any. */
  stall(): void {
    for (const link of this.#links) link.stall()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close()
    for (const link of this.#links) link.break('reset')
    await once(this.#listener, 'close')
  }

  #accept(client: Socket): void {
    this.#connections += 1
    const server = connect(Number(this.#target.port), this.#target.hostname)
    const { done, value } = this.#cuts.next()
    const cut: Cut = done === true ? { bytes: Number.POSITIVE_INFINITY, mode: 'reset' } : value
    const link = new Link(client, server, cut)
    if (this.#connections === 1) server.on('data', (chunk: Buffer) => this.recorded.push(chunk))
    this.#links.add(link)
    client.on('close', () => this.#links.delete(link))
  }
}

/** A client's connection, and the one to the server that belongs to it. */
class Link {
  readonly #client: Socket
  readonly #server: Socket
  readonly #mode: CutMode
  #left: number

  constructor(client: Socket, server: Socket, { bytes, mode }: Cut) {
    this.#client = client
    this.#server = server
    this.#mode = mode
    this.#left = bytes
    client.setNoDelay(true)
    server.setNoDelay(true)
    client.on('data', (chunk) => server.write(chunk))
    server.on('data', (chunk: Buffer) => this.#pass(chunk))
    for (const socket of [client, server]) {
      socket.on('error', () => undefined)
      socket.on('close', () => this.break('reset'))
    }
  }

  stall(): void {
    this.#client.pause()
    this.#server.pause()
  }

  break(mode: CutMode): void {
    if (mode === 'reset') this.#client.resetAndDestroy()
    else this.#client.end()
    this.#server.destroy()
  }

  #pass(chunk: Buffer): void {
    const passing = chunk.subarray(0, this.#left)
    this.#left -= passing.length
    if (this.#left > 0) {
      // A client that does not read is not read for.
      if (this.#client.write(passing)) return
      this.#server.pause()
      this.#client.once('drain', () => this.#server.resume())
      return
    }
    this.#server.pause()
    this.#client.write(passing, () => this.break(this.#mode))
  }
}
