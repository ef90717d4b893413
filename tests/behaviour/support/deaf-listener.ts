// A port where connections are taken and nothing is ever said.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/** A listener of that kind. Disposing closes the port and what is connected to it. */
export interface DeafListener extends AsyncDisposable {
  readonly endpoint: string
}

/** Starts one on a port of the loopback interface. */
export async function deafListener(): Promise<DeafListener> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot listen on a port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}
