// A client's connection through the proxy: two sockets and a pipe each way.

import { connect, type Socket } from 'node:net'
import { type CutMode, Pipe, type PipeEvents, type PipeWeather } from './pipe.ts'

/** `up` is from the client to the server. */
export type Direction = 'up' | 'down'

/** What a link needs of its proxy. */
export interface LinkSettings {
  readonly target: { readonly host: string; readonly port: number }
  readonly up: PipeWeather
  readonly down: PipeWeather
  readonly passed: (direction: Direction, bytes: number) => void
  readonly swallowed: (bytes: number) => void
}

/** Two sockets that live and die together. */
export class Link {
  /** Resolves when both sockets are gone; never rejects. */
  readonly closed: Promise<void>
  readonly #client: Socket
  readonly #server: Socket
  readonly #pipes: Readonly<Record<Direction, Pipe>>
  /** Whether an answer, or a part of one, has vanished: what comes after it would make no sense. */
  #hasHole = false

  constructor(client: Socket, settings: LinkSettings) {
    const server = connect({ ...settings.target, allowHalfOpen: true, noDelay: true })
    this.#client = client
    this.#server = server
    client.setNoDelay(true)
    const events = (direction: Direction): PipeEvents => ({
      spent: (mode) => this.cut(mode),
      passed: (bytes) => settings.passed(direction, bytes),
      swallowed: (bytes) => {
        this.#hasHole = true
        settings.swallowed(bytes)
      },
    })
    this.#pipes = {
      up: new Pipe(client, server, settings.up, events('up')),
      down: new Pipe(server, client, settings.down, events('down')),
    }
    this.closed = Promise.all([this.#watch(client), this.#watch(server)]).then(() => undefined)
    // What breaks a pipe breaks its sockets, which is where it is seen to.
    for (const pipe of Object.values(this.#pipes)) pipe.run().catch(() => this.cut('reset'))
  }

  get hasHole(): boolean {
    return this.#hasHole
  }

  /** Breaks both sides: with a reset, or the way a peer does that closes its socket. */
  cut(mode: CutMode = 'reset'): void {
    for (const socket of [this.#client, this.#server]) {
      if (mode === 'reset' || socket.connecting) reset(socket)
      else socket.destroySoon()
    }
  }

  /** Breaks the link after this many more bytes in a direction. */
  cutAfter(direction: Direction, bytes: number, mode: CutMode = 'reset'): void {
    this.#pipes[direction].cutAfter(bytes, mode)
  }

  #watch(socket: Socket): Promise<void> {
    return new Promise((resolve) => {
      socket.once('error', () => this.cut('reset'))
      socket.once('close', () => {
        // Neither side is told of the other's end any more: a reader of half a link would wait for ever.
        this.cut('end')
        resolve()
      })
    })
  }
}

function reset(socket: Socket): void {
  // A socket that has begun to say goodbye cannot be reset any more: it would never be closed.
  const canReset = !socket.connecting && !socket.writableEnded
  const isIdle = socket.writableLength === 0
  if (canReset) socket.resetAndDestroy()
  // That alone waits until all that is written has been taken, which a peer that does not read never does.
  if (!canReset || !isIdle) socket.destroy()
}
