// Calls that end from the caller's side: by a signal or a deadline, before, while and after they are under way.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type CallOptions, EtcdError, KV, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { ErrorCode, SettingId } from '../../../src/http2/constants.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody, GrpcPeer, grpcHeaders, refuse } from './grpc-peer.ts'

const reason = new Error('the caller has changed their mind')

/** A unary call and a stream, both as a promise that must reject. */
const kinds: readonly (readonly [
  string,
  (grpc: GrpcPeer, options: CallOptions) => Promise<unknown>,
])[] = [
  ['a unary call', (grpc, options) => grpc.transport.unary(KV.put, {}, options)],
  [
    'a stream',
    async (grpc, options) => {
      for await (const message of grpc.transport.stream(Watch.watch, options)) return message
      return undefined
    },
  ],
]

/** Rejects unless the promise rejects with the very reason. */
async function rejectsWith(promise: Promise<unknown>, expected: unknown): Promise<void> {
  const outcome = await within(promise, 'the end of a call').then(
    () => 'no rejection',
    (error: unknown) => error,
  )
  assert.equal(outcome, expected)
}

for (const [name, call] of kinds) {
  describe(`the signal of ${name}`, () => {
    failOnLeaks()

    it('aborted before the call keeps it from being sent', async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      await rejectsWith(call(grpc, { signal: AbortSignal.abort(reason) }), reason)
      assert.deepEqual(await server.pending(), [])
    })

    it('ends a call that waits for a connection', async () => {
      await using grpc = await GrpcPeer.listen()
      const controller = new AbortController()
      const pending = call(grpc, { signal: controller.signal })
      const server = await grpc.peer.acceptRaw()
      controller.abort(reason)
      await rejectsWith(pending, reason)
      await server.begin()
      assert.deepEqual(await server.pending(), [])
    })

    it('ends a call that waits for its turn, without a word to the server', async () => {
      await using grpc = await GrpcPeer.listen({ settings: [[SettingId.maxConcurrentStreams, 1]] })
      const server = await grpc.warm()
      const first = grpc.transport.unary(KV.range, {})
      const { streamId } = await server.expect('HEADERS')
      await server.expect('DATA')
      const controller = new AbortController()
      const waiting = call(grpc, { signal: controller.signal })
      controller.abort(reason)
      await rejectsWith(waiting, reason)
      answer(server, streamId, countBody(1))
      await first
      assert.deepEqual(await server.pending(), [])
    })

    it('ends a call that is open, and resets its stream', async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const controller = new AbortController()
      const pending = call(grpc, { signal: controller.signal })
      const { streamId } = await server.expect('HEADERS')
      server.headers(streamId, grpcHeaders)
      controller.abort(reason)
      await rejectsWith(pending, reason)
      const reset = await server.until('RST_STREAM')
      assert.deepEqual(
        [reset.streamId, reset.payload.readUInt32BE(0)],
        [streamId, ErrorCode.cancel],
      )
      // What the server sends all the same is for nobody, and does no harm.
      answer(server, streamId, countBody(1))
      assert.deepEqual(await server.pending(), [])
    })

    it('ends a call that waits before it is sent again', async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const controller = new AbortController()
      const pending = grpc.transport.unary(KV.range, {}, { signal: controller.signal })
      const { streamId } = await server.expect('HEADERS')
      await server.expect('DATA')
      refuse(server, streamId, '14', 'etcdserver: no leader')
      await server.pending()
      controller.abort(reason)
      await rejectsWith(pending, reason)
    })

    it('is no longer observed after the call', async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const controller = new AbortController()
      const pending = call(grpc, { signal: controller.signal })
      const { streamId } = await server.expect('HEADERS')
      refuse(server, streamId, '3', 'etcdserver: key is not provided')
      await assert.rejects(pending, { code: 'empty-key' })
      const before = await server.pending()
      controller.abort(reason)
      assert.deepEqual(await server.pending(), [])
      // The stream's request was not complete when it was refused: that is taken back, by NO_ERROR.
      for (const frame of before) assert.notEqual(frame.payload.readUInt32BE(0), ErrorCode.cancel)
    })
  })
}

describe('the deadline of a call', () => {
  failOnLeaks()

  async function deadlineError(pending: Promise<unknown>): Promise<EtcdError> {
    const error = await within(pending, 'the deadline').then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert(error instanceof EtcdError, String(error))
    return error
  }

  it('ends it, resets its stream, and says that a write may have been applied', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const error = await deadlineError(grpc.transport.unary(KV.put, {}, { timeoutMs: 20 }))
    assert.deepEqual([error.code, error.outcome], ['deadline-exceeded', 'unknown'])
    assert.match(error.message, /within 20 ms$/)
    assert.equal(error.endpoint, grpc.peer.endpoint)
    await server.until('RST_STREAM')
  })

  it("is the transport's where the call has none", async () => {
    await using grpc = await GrpcPeer.listen({ transport: { timeoutMs: 30 } })
    await grpc.warm()
    const error = await deadlineError(grpc.transport.unary(KV.range, {}))
    assert.match(error.message, /within 30 ms$/)
  })

  it('while no connection can be made tells why, and that nothing was applied', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { timeoutMs: 500 } })
    const pending = deadlineError(grpc.transport.unary(KV.put, {}))
    const connection = await grpc.peer.acceptRaw()
    await connection.expect('SETTINGS')
    connection.resetConnection()
    const error = await pending
    assert.deepEqual([error.code, error.outcome], ['http2-failed', 'not-applied'])
    assert.match(error.message, /^cannot connect to http:.*: HTTP\/2: /)
  })

  it('of a call that was refused again and again tells the last refusal', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const pending = deadlineError(grpc.transport.unary(KV.range, {}))
    const { streamId } = await server.until('HEADERS')
    refuse(server, streamId, '14', 'etcdserver: no leader')
    const again = await server.until('HEADERS')
    server.send(Buffer.of(0, 0, 4, 3, 0, 0, 0, 0, again.streamId, 0, 0, 0, 8))
    assert.equal((await pending).code, 'canceled')
  })

  it('holds a stream only until it is open, unless it was given one', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { timeoutMs: 50 } })
    const server = await grpc.warm()
    const open = grpc.transport.stream(Watch.watch)
    const limited = grpc.transport.stream(Watch.watch, { timeoutMs: 60 })
    await server.until('HEADERS')
    await assert.rejects(limited[Symbol.asyncIterator]().next(), { code: 'deadline-exceeded' })
    const ids = [3, 5]
    server.headers(ids[0] ?? 0, [...grpcHeaders, ['grpc-status', '0']], { end: true })
    assert.deepEqual(await open[Symbol.asyncIterator]().next(), { done: true, value: undefined })
  })

  it('of 0 or Infinity is none', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { timeoutMs: 20 } })
    const server = await grpc.warm()
    const calls = [0, Number.POSITIVE_INFINITY].map((timeoutMs) =>
      grpc.transport.unary(KV.range, {}, { timeoutMs }),
    )
    await deadlineError(grpc.transport.unary(KV.range, {}, { timeoutMs: 60 }))
    for (const id of [3, 5]) answer(server, id, countBody(id))
    assert.deepEqual(
      (await Promise.all(calls)).map(({ count }) => count),
      [3, 5],
    )
  })
})
