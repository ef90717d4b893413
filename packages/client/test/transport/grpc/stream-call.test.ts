// A stream of messages: what goes out, what comes in, and how iteration ends.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  EtcdError,
  type MessageStream,
  Watch,
  WatchRequest,
  WatchResponse,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { ErrorCode, SettingId } from '../../../src/http2/constants.ts'
import { dataFrame, type Frame, headersFrame, resetFrame } from '../../http2/frames.ts'
import type { ScriptedConnection } from '../../http2/scripted-peer.ts'
import { answer, countBody, framed, GrpcPeer, grpcHeaders, grpcTrailers } from './grpc-peer.ts'

type WatchStream = MessageStream<WatchRequest, WatchResponse>

/** An answer of a watch that is told by its id. */
function message(watchId: number): Buffer {
  return framed(WatchResponse.encode({ watchId }))
}

function createRequest(key: string): { readonly createRequest: { readonly key: Uint8Array } } {
  return { createRequest: { key: Buffer.from(key) } }
}

/** The keys of the watches that these DATA frames ask for. */
function keysOf(frames: readonly Frame[]): string[] {
  const body = Buffer.concat(frames.map((frame) => frame.payload))
  const keys: string[] = []
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1)
    const request = WatchRequest.decode(body.subarray(at + 5, end))
    keys.push(Buffer.from(request.createRequest?.key ?? []).toString())
    at = end
  }
  return keys
}

/** All ids that come, and the error that ends them, if any. */
async function drain(
  stream: WatchStream,
): Promise<{ readonly ids: number[]; readonly error?: unknown }> {
  const ids: number[] = []
  try {
    for await (const { watchId } of stream) ids.push(watchId)
    return { ids }
  } catch (error) {
    return { ids, error }
  }
}

/** A stream whose HEADERS the server has read. */
async function openStream(grpc: GrpcPeer): Promise<{
  readonly server: ScriptedConnection
  readonly stream: WatchStream
  readonly id: number
}> {
  const server = await grpc.warm()
  const stream = grpc.transport.stream(Watch.watch)
  const { streamId } = await server.expect('HEADERS')
  return { server, stream, id: streamId }
}

describe('what a stream sends', () => {
  failOnLeaks()

  it('is in order: before there is a connection, while it waits for its turn, and when it is open', async () => {
    await using grpc = await GrpcPeer.listen({ settings: [[SettingId.maxConcurrentStreams, 2]] })
    const early = grpc.transport.stream(Watch.watch)
    const late = grpc.transport.stream(Watch.watch)
    for (const key of ['a', 'b']) early.send(createRequest(key))
    late.send(createRequest('x'))
    const server = await grpc.accept()
    await server.expect('HEADERS', 1)
    early.send(createRequest('c'))
    late.send(createRequest('y'))
    early.end()
    early.send(createRequest('ignored'))
    const frames = [
      await server.expect('DATA', 1),
      await server.expect('DATA', 1),
      await server.expect('DATA', 1),
    ]
    assert.deepEqual(keysOf(frames), ['a', 'b', 'c'])
    assert.equal(frames[2]?.flags, 1)
    answer(server, 1, new Uint8Array(0))
    assert.deepEqual(await drain(early), { ids: [] })
    await server.expect('HEADERS', 3)
    assert.deepEqual(keysOf([await server.expect('DATA', 3)]), ['x', 'y'])
    late.cancel()
    await grpc.accept()
  })

  it('is nothing when it ends at once', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    stream.end()
    stream.end()
    const data = await server.expect('DATA', id)
    assert.deepEqual([data.flags, data.payload.length], [1, 0])
    assert.deepEqual(await server.pending(), [])
    stream.cancel()
  })

  it('without a connection is bounded: too much ends the stream', async () => {
    await using grpc = await GrpcPeer.listen()
    const stream = grpc.transport.stream(Watch.watch)
    const key = 'x'.repeat(1024 * 1024)
    for (let count = 0; count < 17; count++) stream.send(createRequest(key))
    const { error } = await drain(stream)
    assert(error instanceof EtcdError)
    assert.equal(error.code, 'resource-exhausted')
  })

  it('after its end is ignored', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    answer(server, id, message(1))
    assert.deepEqual(await drain(stream), { ids: [1] })
    stream.send(createRequest('x'))
    stream.end()
    stream.cancel()
    const frames = await server.pending()
    assert(frames.every((frame) => frame.name === 'RST_STREAM'))
  })
})

describe('the iteration of a stream', () => {
  failOnLeaks()

  it('gives all messages, also those that came before it began, and ends with status OK', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    server.headers(id, grpcHeaders)
    server.data(id, Buffer.concat([message(1), message(2)]))
    await server.pending()
    const drained = drain(stream)
    const third = message(3)
    server.data(id, third.subarray(0, 3))
    server.data(id, Buffer.concat([third.subarray(3), message(4)]))
    server.headers(id, grpcTrailers(), { end: true })
    assert.deepEqual(await drained, { ids: [1, 2, 3, 4] })
  })

  it('gives the messages that came, and then throws the error', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    answer(
      server,
      id,
      Buffer.concat([message(1), message(2)]),
      grpcTrailers('14', 'etcdserver: no leader'),
    )
    await server.pending()
    const iterator = stream[Symbol.asyncIterator]()
    assert.deepEqual(
      [(await iterator.next()).value?.watchId, (await iterator.next()).value?.watchId],
      [1, 2],
    )
    await assert.rejects(iterator.next(), { code: 'no-leader' })
    assert.deepEqual(await iterator.next(), { done: true, value: undefined })
  })

  it('throws when it is begun twice, or read twice at once', async () => {
    await using grpc = await GrpcPeer.listen()
    const { stream } = await openStream(grpc)
    const iterator = stream[Symbol.asyncIterator]()
    assert.throws(() => stream[Symbol.asyncIterator](), TypeError)
    const first = iterator.next()
    await assert.rejects(iterator.next(), TypeError)
    stream.cancel()
    assert.deepEqual(await first, { done: true, value: undefined })
  })

  it('left early cancels the stream', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    server.headers(id, grpcHeaders)
    server.data(id, Buffer.concat([message(1), message(2)]))
    for await (const { watchId } of stream) {
      assert.equal(watchId, 1)
      break
    }
    const reset = await server.expect('RST_STREAM', id)
    assert.equal(reset.payload.readUInt32BE(0), ErrorCode.cancel)
  })

  it('left after an error has come is at its end', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    answer(server, id, Buffer.concat([message(1), message(2)]), grpcTrailers('13'))
    await server.pending()
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    assert.deepEqual(await iterator.return?.(), { done: true, value: undefined })
    assert.deepEqual(await iterator.next(), { done: true, value: undefined })
  })

  it('canceled ends, or throws the reason that was given', async () => {
    const reason = new Error('enough')
    for (const [given, expected] of [
      [undefined, { ids: [] }],
      [reason, { ids: [], error: reason }],
    ] as const) {
      await using grpc = await GrpcPeer.listen()
      const { server, stream, id } = await openStream(grpc)
      const drained = drain(stream)
      stream.cancel(given)
      assert.deepEqual(await drained, expected)
      await server.expect('RST_STREAM', id)
      stream.cancel(new Error('too late'))
    }
  })

  const ends: readonly (readonly [
    name: string,
    play: (server: ScriptedConnection, id: number) => void,
    code: string,
    message: RegExp,
  ])[] = [
    [
      'DATA that ends, without trailers',
      (server, id) => {
        server.headers(id, grpcHeaders)
        server.data(id, message(1), { end: true })
      },
      'unknown',
      /without trailers/,
    ],
    [
      'trailers without a status',
      (server, id) => answer(server, id, message(1), [['x', 'y']]),
      'unknown',
      /without a valid grpc-status/,
    ],
    [
      'OK inside a message',
      (server, id) => answer(server, id, message(1).subarray(0, 6)),
      'protocol-error',
      /inside a message/,
    ],
    [
      'a compressed message',
      (server, id) => answer(server, id, framed(Buffer.of(1), 1)),
      'protocol-error',
      /compressed/,
    ],
    [
      'a message that cannot be decoded',
      (server, id) => answer(server, id, framed(Buffer.of(0x0a, 0x7f))),
      'decode-failed',
      /./,
    ],
    [
      'RST_STREAM',
      (server, id) => server.send(resetFrame(id, ErrorCode.internalError)),
      'internal',
      /INTERNAL_ERROR/,
    ],
    [
      'HTTP 502 with a page',
      (server, id) => {
        server.headers(id, [
          [':status', '502'],
          ['content-type', 'text/html'],
        ])
        server.data(id, '<h1>Bad Gateway</h1>', { end: true })
      },
      'unavailable',
      /HTTP 502/,
    ],
    [
      'HTTP 502 with a page and trailers that say OK',
      (server, id) => {
        server.headers(id, [
          [':status', '502'],
          ['content-type', 'text/html'],
        ])
        server.data(id, '<h1>Bad Gateway</h1>')
        server.headers(id, grpcTrailers(), { end: true })
      },
      'unavailable',
      /HTTP 502/,
    ],
    [
      'another content type',
      (server, id) => {
        server.headers(id, [
          [':status', '200'],
          ['content-type', 'text/html'],
        ])
        server.headers(id, [['x', 'y']], { end: true })
      },
      'unknown',
      /text\/html/,
    ],
    [
      'the end of the connection',
      (server) => server.halfClose(),
      'connection-lost',
      /closed the connection/,
    ],
  ]
  for (const [name, play, code, text] of ends) {
    it(`throws after ${name}`, async () => {
      await using grpc = await GrpcPeer.listen()
      const { server, stream, id } = await openStream(grpc)
      const drained = drain(stream)
      play(server, id)
      const { error } = await drained
      assert(error instanceof EtcdError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, text)
    })
  }

  it('takes its messages split at every byte', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    const drained = drain(stream)
    server.headers(id, grpcHeaders)
    const body = Buffer.concat([message(1), framed(new Uint8Array(0)), message(300)])
    for (let at = 1; at < body.length; at++) {
      server.send(dataFrame(id, body.subarray(0, at)), dataFrame(id, body.subarray(at)))
    }
    server.send(headersFrame(id, server.block(grpcTrailers()), { end: true }))
    const { ids } = await drained
    assert.deepEqual(ids, Array.from({ length: body.length - 1 }, () => [1, 0, 300]).flat())
  })

  it('of a server that ends before the request does takes the request back', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    answer(server, id, countBody(0).subarray(0, 0))
    assert.deepEqual(await drain(stream), { ids: [] })
    const reset = await server.expect('RST_STREAM', id)
    assert.equal(reset.payload.readUInt32BE(0), ErrorCode.noError)
  })
})
