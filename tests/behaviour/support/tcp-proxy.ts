// A TCP proxy in front of a server, which counts, cuts and holds up what goes through it.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A running proxy. Disposing cuts what is open. */
export interface TcpProxy extends AsyncDisposable {
  /** Where clients find it. */
  readonly endpoint: string
  /** How many have connected since it was started. */
  readonly connections: number
  /** How many connections are open. */
  readonly open: number
  /** Resets every connection. */
  cut(): void
  /** Holds up what the server sends from now on; requests still go through. */
  holdAnswers(): void
  /** Holds up what clients send from now on; answers still come through. */
  holdRequests(): void
  /** Lets through what was held up, and what comes. */
  release(): void
}

/** Starts a proxy on a port of the loopback interface; default: any that is free. */
export async function startProxy(target: string, listenPort = 0): Promise<TcpProxy> {
  const { hostname, port } = new URL(target)
  const pairs = new Set<Pair>()
  let connections = 0
  let holding: 'answers' | 'requests' | undefined
  const listener = createServer((client) => {
    connections++
    const pair = new Pair(client, connect(Number(port), hostname), () => pairs.delete(pair))
    pairs.add(pair)
    pair.hold(holding)
  })
  const hold = (what: typeof holding): void => {
    holding = what
    for (const pair of pairs) pair.hold(what)
  }
  const cut = (): void => {
    for (const pair of pairs) pair.cut()
  }
  listener.listen(listenPort, '127.0.0.1')
  await once(listener, 'listening')
  const address = listener.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot listen on a port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    get connections() {
      return connections
    },
    get open() {
      return pairs.size
    },
    cut,
    holdAnswers: () => hold('answers'),
    holdRequests: () => hold('requests'),
    release: () => hold(undefined),
    async [Symbol.asyncDispose]() {
      listener.close()
      cut()
      await once(listener, 'close')
    },
  }
}

/** A connection of a client, and that to the server which belongs to it. */
class Pair {
  readonly #client: Socket
  readonly #server: Socket
  readonly #onGone: () => void

  constructor(client: Socket, server: Socket, onGone: () => void) {
    this.#client = client
    this.#server = server
    this.#onGone = onGone
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.setNoDelay(true)
      from.on('data', (chunk) => to.write(chunk))
      from.on('end', () => to.end())
      from.on('error', () => undefined)
      from.on('close', () => this.cut())
    }
  }

  hold(what: 'answers' | 'requests' | undefined): void {
    if (what === 'requests') this.#client.pause()
    else this.#client.resume()
    if (what === 'answers') this.#server.pause()
    else this.#server.resume()
  }

  cut(): void {
    this.#onGone()
    this.#client.resetAndDestroy()
    this.#server.destroy()
  }
}
