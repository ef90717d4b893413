// A port that counts who connects, and hangs up on everybody: for calls that must never come that far.

import { once } from 'node:events'
import { createServer } from 'node:net'

/** The port. */
export interface CountingListener extends AsyncDisposable {
  readonly endpoint: string
  /** How many have connected. */
  readonly connections: number
}

/** Opens the port on the loopback interface. */
export async function countConnections(): Promise<CountingListener> {
  let connections = 0
  const server = createServer((socket) => {
    connections++
    socket.on('error', () => undefined).destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot listen on a port')
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    get connections() {
      return connections
    },
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}
