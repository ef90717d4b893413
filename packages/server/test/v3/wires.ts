// The ways to a server that its tests go, the same tests over each.

import { describe } from 'node:test'
import { encodeUtf8, KV, type Transport, Watch, type WatchResponse } from '@etcdkit/protocol'
import { EtcdServer, type EtcdServerOptions } from '@etcdkit/server'
import { JsonTransport } from '../gateway/json-transport.ts'
import { GrpcJsTransport } from './grpc-js-transport.ts'

/** A server and a way to it; disposed together. */
export interface World extends AsyncDisposable {
  readonly server: EtcdServer
  readonly transport: Transport
  /** Another way of the same kind. */
  connect(): Transport
}

/** A way. */
export interface Wire {
  readonly name: 'in process' | 'gRPC' | 'the gateway'
  start(options?: EtcdServerOptions): Promise<World>
}

const wires: readonly Wire[] = [
  {
    name: 'in process',
    async start(options) {
      const server = EtcdServer.create(options)
      return worldOf(server, () => server.transport)
    },
  },
  {
    name: 'gRPC',
    async start(options) {
      const server = await EtcdServer.listen({ ...options, port: 0 })
      return worldOf(server, () => new GrpcJsTransport(server.endpoint))
    },
  },
]

/** For tests that need nothing which the gateway has not got: calls without a path there, codes of HTTP/2. */
const gateway: Wire = {
  name: 'the gateway',
  async start(options) {
    const server = await EtcdServer.listen({ ...options, port: 0 })
    return worldOf(server, () => new JsonTransport(server.endpoint))
  },
}

/** Declares tests for each wire. */
export function forEachWire(declare: (wire: Wire) => void): void {
  for (const wire of wires) describe(`over ${wire.name}`, () => declare(wire))
}

/** The same, and for the gateway as well. */
export function forEachWireAndGateway(declare: (wire: Wire) => void): void {
  for (const wire of [...wires, gateway]) describe(`over ${wire.name}`, () => declare(wire))
}

function worldOf(server: EtcdServer, open: () => Transport): World {
  const opened: Transport[] = []
  const connect = (): Transport => {
    const transport = open()
    opened.push(transport)
    return transport
  }
  return {
    server,
    transport: connect(),
    connect,
    async [Symbol.asyncDispose]() {
      await Promise.all(opened.map((transport) => transport.close()))
      await server.close()
    },
  }
}

/** Writes a key. */
export async function put(transport: Transport, key: string, value = ''): Promise<number> {
  const answer = await transport.unary(KV.put, { key: encodeUtf8(key), value: encodeUtf8(value) })
  return answer.header?.revision ?? 0
}

/** Whether a key is there. */
export async function has(transport: Transport, key: string): Promise<boolean> {
  return (await transport.unary(KV.range, { key: encodeUtf8(key) })).count > 0
}

/** A watch of a key that has been made: its answers after that. */
export interface MadeWatch {
  next(): Promise<WatchResponse>
  send(message: Parameters<ReturnType<typeof openWatch>['send']>[0]): void
  /** Reads to the end; rejects with how it ended, if not well. */
  drain(): Promise<WatchResponse[]>
  cancel(): void
  end(): void
}

/** Opens a watch and waits until it is made. */
export async function watchKey(
  transport: Transport,
  key: string,
  request: { startRevision?: number; fragment?: boolean } = {},
): Promise<MadeWatch> {
  const stream = openWatch(transport)
  const answers = stream[Symbol.asyncIterator]()
  const next = async (): Promise<WatchResponse> => {
    const { done, value } = await answers.next()
    if (done) throw new Error('the stream has ended')
    return value
  }
  stream.send({ createRequest: { key: encodeUtf8(key), ...request } })
  await next()
  return {
    next,
    send: (message) => stream.send(message),
    async drain() {
      const all: WatchResponse[] = []
      for (;;) {
        const { done, value } = await answers.next()
        if (done) return all
        all.push(value)
      }
    },
    cancel: () => stream.cancel(),
    end: () => stream.end(),
  }
}

function openWatch(transport: Transport) {
  return transport.stream(Watch.watch)
}
