// What a server sends in a real session, byte for byte, to be replayed and mutated.

import { once } from 'node:events'
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { KV, Watch } from '@etcdkit/protocol'
import { GrpcTransport } from '../../src/transport/grpc/grpc-transport.ts'

/** The server's half of a session. */
export interface Recording {
  /** All that the server sent. */
  readonly bytes: Buffer
  /** How many streams were opened; their ids are 1, 3, 5 and so on. */
  readonly streams: number
}

/** Records a session with `node:http2`: bodies of many sizes, trailers, an error, a server that answers late. */
export async function recordNodeSession(): Promise<Recording> {
  const server = createHttp2Server()
  server.on('stream', (stream) => {
    stream.resume()
    answer(stream)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo
  try {
    return await recordSession(port)
  } finally {
    server.close()
  }
}

function answer(stream: ServerHttp2Stream): void {
  const length = [0, 1, 300, 20_000, 40_000][((stream.id ?? 1) >> 1) % 5] ?? 0
  if (length === 0) {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': '5',
        'grpc-message': 'not%20found',
      },
      { endStream: true },
    )
    return
  }
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': '' }))
  // Field 15 of a message, unknown to all of them: skipped by a decoder, at any length.
  const message = Buffer.concat([Buffer.of(0x7a), varint(length), Buffer.alloc(length, 'x')])
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  stream.end(Buffer.concat([prefix, message]))
}

function varint(value: number): Buffer {
  const octets: number[] = []
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...octets, rest])
    octets.push((rest & 0x7f) | 0x80)
  }
}

/** Records a session with the server on this port: unary calls that succeed and fail, and a watch. */
export async function recordSession(port: number): Promise<Recording> {
  const received: Buffer[] = []
  const sockets: Socket[] = []
  const proxy = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    sockets.push(near, far)
    near.pipe(far).pipe(near)
    far.on('data', (bytes: Buffer) => received.push(bytes))
    for (const socket of [near, far]) socket.on('error', () => {})
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  const transport = new GrpcTransport({
    endpoints: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
  })
  const streams = await makeCalls(transport)
  await transport.close()
  for (const socket of sockets) socket.destroy()
  proxy.close()
  return { bytes: Buffer.concat(received), streams }
}

async function makeCalls(transport: GrpcTransport): Promise<number> {
  const key = Buffer.from('recorded')
  await transport.unary(KV.put, { key, value: Buffer.alloc(20_000, 'v') }).catch(() => {})
  const calls: Promise<unknown>[] = []
  for (const size of [1, 1000, 30_000]) {
    calls.push(transport.unary(KV.put, { key, value: Buffer.alloc(size, 'v') }))
    calls.push(transport.unary(KV.range, { key }))
  }
  calls.push(transport.unary(KV.put, { key, lease: '4711' }))
  await Promise.allSettled(calls)
  const watch = transport.stream(Watch.watch)
  watch.send({ createRequest: { key } })
  const messages = watch[Symbol.asyncIterator]()
  await messages.next().catch(() => {})
  watch.cancel()
  return calls.length + 2
}
