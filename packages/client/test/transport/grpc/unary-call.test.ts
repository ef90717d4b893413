// A unary call: its message however it is cut, and everything that is no answer.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError, KV, PutResponse, RangeRequest } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { dataFrame, headersFrame } from '../../http2/frames.ts'
import type { ScriptedConnection } from '../../http2/scripted-peer.ts'
import {
  answer,
  countBody,
  countMessage,
  framed,
  GrpcPeer,
  grpcHeaders,
  grpcTrailers,
} from './grpc-peer.ts'

/** Calls, has the server answer, and resolves with what the caller gets. */
async function call(play: (server: ScriptedConnection, streamId: number) => void): Promise<number> {
  await using grpc = await GrpcPeer.listen({ transport: { maxMessageBytes: 1000 } })
  const pending = grpc.transport.unary(KV.range, { key: Buffer.from('key') })
  const settled = pending.then(
    () => {},
    () => {},
  )
  const server = await grpc.accept()
  await server.expect('HEADERS', 1)
  const { payload } = await server.expect('DATA', 1)
  assert.equal(RangeRequest.decode(payload.subarray(5)).key.toString(), '107,101,121')
  play(server, 1)
  await settled
  return (await pending).count
}

describe('a unary call', () => {
  failOnLeaks()

  it('resolves with the message of its answer', async () => {
    assert.equal(await call((server) => answer(server, 1, countBody(42))), 42)
  })

  it('takes its message split at every byte across DATA frames', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const body = countBody(123_456)
    for (let at = 0; at <= body.length; at++) {
      const pending = grpc.transport.unary(KV.range, {})
      const { streamId } = await server.until('HEADERS')
      server.send(
        headersFrame(streamId, server.block(grpcHeaders)),
        dataFrame(streamId, body.subarray(0, at)),
        dataFrame(streamId, body.subarray(at), { padding: at }),
        headersFrame(streamId, server.block(grpcTrailers()), { end: true }),
      )
      assert.equal((await pending).count, 123_456)
    }
  })

  it('takes its answer in single bytes, each from a read of its own', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const pending = grpc.transport.unary(KV.range, {})
    const { streamId } = await server.until('HEADERS')
    await server.trickle(
      headersFrame(streamId, server.block(grpcHeaders)),
      dataFrame(streamId, countBody(7), { padding: 2 }),
      headersFrame(streamId, server.block(grpcTrailers()), { end: true }),
    )
    assert.equal((await pending).count, 7)
  })

  it('keeps what it decoded when the bytes it came in are used again', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const message = KV.range.output.encode({
      kvs: [{ key: Buffer.from('k'), value: Buffer.alloc(100, 'v') }],
    })
    const pending = [grpc.transport.unary(KV.range, {}), grpc.transport.unary(KV.range, {})]
    const ids = [(await server.until('HEADERS')).streamId, (await server.until('HEADERS')).streamId]
    for (const id of ids) {
      answer(server, id, framed(message))
      await server.pending()
    }
    for (const each of pending) {
      assert.equal(Buffer.from((await each).kvs[0]?.value ?? []).toString(), 'v'.repeat(100))
    }
  })

  it('takes an empty message', async () => {
    assert.equal(await call((server) => answer(server, 1, framed(new Uint8Array(0)))), 0)
  })

  it('takes a message of exactly the limit', async () => {
    const filler = Buffer.concat([Buffer.of(0x7a, 0xe5, 0x07), Buffer.alloc(997)])
    assert.equal(filler.length, 1000)
    assert.equal(await call((server) => answer(server, 1, framed(filler))), 0)
  })

  it('takes informational responses before its answer', async () => {
    const count = await call((server) => {
      server.headers(1, [[':status', '103']])
      answer(server, 1, countBody(1))
    })
    assert.equal(count, 1)
  })

  const refusals: readonly (readonly [
    name: string,
    play: (server: ScriptedConnection) => void,
    code: string,
    message: RegExp,
  ])[] = [
    [
      'a message over the limit',
      (server) => answer(server, 1, framed(new Uint8Array(1001))),
      'message-too-large',
      /1001 bytes, over the limit of 1000/,
    ],
    [
      'a message that only announces too much',
      (server) => {
        server.headers(1, grpcHeaders)
        server.data(1, Buffer.of(0, 0xff, 0xff, 0xff, 0xff))
      },
      'message-too-large',
      /4294967295 bytes/,
    ],
    [
      'a compressed message',
      (server) => answer(server, 1, framed(countMessage(1), 1)),
      'protocol-error',
      /compressed/,
    ],
    [
      'a prefix with another flag',
      (server) => answer(server, 1, framed(countMessage(1), 255)),
      'protocol-error',
      /compressed/,
    ],
    [
      'two messages in one frame',
      (server) => answer(server, 1, Buffer.concat([countBody(1), countBody(2)])),
      'protocol-error',
      /second message/,
    ],
    [
      'two messages in two frames',
      (server) => {
        server.headers(1, grpcHeaders)
        server.data(1, countBody(1))
        server.data(1, countBody(2))
      },
      'protocol-error',
      /second message/,
    ],
    [
      'OK without a message',
      (server) => server.headers(1, [...grpcHeaders, ...grpcTrailers()], { end: true }),
      'protocol-error',
      /without a message/,
    ],
    [
      'OK in the middle of its message',
      (server) => answer(server, 1, countBody(300).subarray(0, 6)),
      'protocol-error',
      /inside a message|without a message/,
    ],
    [
      'OK in the middle of a second message',
      (server) => answer(server, 1, Buffer.concat([countBody(1), Buffer.of(0, 0, 0)])),
      'protocol-error',
      /inside a message/,
    ],
    [
      'OK in the middle of a second prefix, in a frame of its own',
      (server) => {
        server.headers(1, grpcHeaders)
        server.data(1, countBody(1))
        server.data(1, Buffer.of(0, 0))
        server.headers(1, grpcTrailers(), { end: true })
      },
      'protocol-error',
      /inside a message/,
    ],
    [
      'a message that cannot be decoded',
      (server) => answer(server, 1, framed(Buffer.of(0x0a, 0x7f))),
      'decode-failed',
      /./,
    ],
    [
      'no trailers, but DATA that ends',
      (server) => {
        server.headers(1, grpcHeaders)
        server.data(1, countBody(1), { end: true })
      },
      'unknown',
      /without trailers/,
    ],
    [
      'trailers without a status',
      (server) => answer(server, 1, countBody(1), [['x', 'y']]),
      'unknown',
      /without a valid grpc-status/,
    ],
    [
      'headers that end without a status',
      (server) => server.headers(1, grpcHeaders, { end: true }),
      'unknown',
      /without a valid grpc-status/,
    ],
    [
      'a status that is no number',
      (server) => answer(server, 1, countBody(1), grpcTrailers('OK')),
      'unknown',
      /without a valid grpc-status/,
    ],
    [
      'an error after a message',
      (server) => answer(server, 1, countBody(1), grpcTrailers('13', 'oh no')),
      'internal',
      /^oh no$/,
    ],
    [
      'an error in trailers alone',
      (server) =>
        server.headers(1, [...grpcHeaders, ...grpcTrailers('5', 'nothing here')], { end: true }),
      'not-found',
      /^nothing here$/,
    ],
  ]
  for (const [name, play, code, message] of refusals) {
    it(`rejects ${name}`, async () => {
      await assert.rejects(
        call((server) => play(server)),
        (error: unknown) => {
          assert(error instanceof EtcdError, String(error))
          assert.equal(error.code, code)
          assert.match(error.message, message)
          assert.match(error.endpoint ?? '', /^http:\/\/127\.0\.0\.1:\d+$/)
          return true
        },
      )
    })
  }

  it('of a request that cannot be encoded rejects before anything is sent', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    // A wrong type, as JavaScript may give it.
    const request = { limit: 'many' } as unknown as { limit: number }
    await assert.rejects(grpc.transport.unary(KV.range, request), TypeError)
    assert.deepEqual(await server.pending(), [])
  })

  it('says of a write whether it may have been applied', async () => {
    for (const [status, message, outcome] of [
      ['3', 'etcdserver: key is not provided', 'not-applied'],
      ['14', 'etcdserver: leader changed', 'unknown'],
    ] as const) {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const pending = grpc.transport.unary(KV.put, {})
      const { streamId } = await server.until('HEADERS')
      answer(server, streamId, framed(PutResponse.encode({})), grpcTrailers(status, message))
      await assert.rejects(pending, { name: 'EtcdError', outcome })
    }
  })
})
