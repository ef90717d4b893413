// A socket of the server, as its faults see it.

import type { Socket } from 'node:net'
import type { Connection } from '../v3/connections.ts'

/** The part of Node's own that stops a socket's reading below whoever has taken it over, HTTP/2 for one. */
interface Handle {
  readStart(): void
  readStop(): void
}

/** A socket from its coming to its end. */
export class SocketConnection implements Connection {
  readonly socket: Socket
  #frozen = false
  #begin: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
  }

  /** Calls `begin`, at once or when it is no longer frozen. */
  whenThawed(begin: () => void): void {
    if (this.#frozen) this.#begin = begin
    else begin()
  }

  get frozen(): boolean {
    return this.#frozen
  }

  cut(): void {
    this.socket.destroy()
  }

  freeze(): void {
    this.#frozen = true
    handleOf(this.socket)?.readStop()
  }

  thaw(): void {
    this.#frozen = false
    const begin = this.#begin
    this.#begin = undefined
    begin?.()
    // The socket does not know that it was stopped, so that who begins to read does not start it.
    handleOf(this.socket)?.readStart()
  }
}

// `socket.pause()` does nothing once HTTP/2 reads from the handle itself; this does. It is no public name of Node's, so
// it is asked for with care: without it, a silent server still answers a PING.
function handleOf(socket: Socket): Handle | undefined {
  if (!('_handle' in socket)) return undefined
  const handle = socket._handle
  const isHandle = typeof handle === 'object' && handle !== null && 'readStop' in handle
  return isHandle ? (handle as Handle) : undefined
}
