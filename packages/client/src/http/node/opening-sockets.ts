// The sockets that are being connected: undici, destroyed, leaves them to themselves.

import type { buildConnector } from 'undici'

type Connector = buildConnector.connector

interface Destroyable {
  destroy(error: Error): unknown
}

/** Sockets that are not connected yet. */
export class OpeningSockets {
  readonly #sockets = new Set<Destroyable>()

  /** The connector, with its sockets kept in mind for as long as they are being connected. */
  tracking(connect: Connector): Connector {
    return (target, callback) => {
      let isOver = false
      let socket: unknown
      const connecting = connect.bind(undefined, target, (...result) => {
        isOver = true
        if (isDestroyable(socket)) this.#sockets.delete(socket)
        callback(...result)
      })
      // undici's answers the socket, although its types say that it answers nothing.
      socket = (connecting as () => unknown)()
      if (!isOver && isDestroyable(socket)) this.#sockets.add(socket)
    }
  }

  /** Gives all of them up with `error`. */
  destroy(error: Error): void {
    for (const socket of this.#sockets) socket.destroy(error)
  }
}

function isDestroyable(value: unknown): value is Destroyable {
  return typeof value === 'object' && value !== null && 'destroy' in value
}
