// Ports for servers that die and come back: free, this process's own, and never the source of an outgoing connection.
//
// A port that the system hands out for port 0 is not good enough here. It lies in the range that outgoing connections
// take theirs from, so while a killed server is down, a client that keeps trying may be given that very port and connect
// to itself: the server can then not bind it again. So ports come from below that range.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

// Linux hands out 32768 and above, other systems 49152 and above.
const lowestPort = 15_000
const highestPort = 32_000
const maxTries = 200

/** Ports that no other test process takes until they are released. */
export interface ReservedPorts extends AsyncDisposable {
  readonly ports: readonly number[]
}

/**
 * Reserves free TCP ports of the loopback interface. The reservation is a bound UDP socket of the same number: it
 * leaves the TCP port to the server, holds while the server is down, and ends with this process at the latest.
 * A program that is not ours can still take a port: starting a server has to reckon with that.
 */
export async function reservePorts(count: number): Promise<ReservedPorts> {
  const sockets: Socket[] = []
  for (let tries = 0; sockets.length < count; tries++) {
    if (tries === maxTries) throw new Error(`Cannot reserve ${count} ports: ${maxTries} were taken`)
    const socket = await tryReserve(randomPort())
    if (socket) sockets.push(socket)
  }
  return {
    ports: sockets.map((socket) => socket.address().port),
    async [Symbol.asyncDispose]() {
      await Promise.all(sockets.map(closeSocket))
    },
  }
}

function randomPort(): number {
  return lowestPort + Math.floor(Math.random() * (highestPort - lowestPort))
}

async function tryReserve(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4')
  try {
    socket.bind({ port, address: '127.0.0.1', exclusive: true })
    await once(socket, 'listening')
  } catch {
    socket.close()
    return undefined
  }
  if (await isTcpPortFree(port)) return socket.unref()
  await closeSocket(socket)
  return undefined
}

async function isTcpPortFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  } catch {
    return false
  }
  server.close()
  await once(server, 'close')
  return true
}

async function closeSocket(socket: Socket): Promise<void> {
  const closed = once(socket, 'close')
  socket.close()
  await closed
}
