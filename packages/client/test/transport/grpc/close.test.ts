// GrpcTransport.close: every call ends with `closed`, whatever state it is in, and nothing is left.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError, KV, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { SettingId } from '../../../src/http2/constants.ts'
import { GrpcTransport } from '../../../src/transport/grpc/grpc-transport.ts'
import { goawayFrame } from '../../http2/frames.ts'
import { ScriptedPeer } from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody, GrpcPeer, refuse } from './grpc-peer.ts'

/** Rejects unless the call ends with `closed`, and this outcome. */
async function assertClosed(
  pending: Promise<unknown>,
  outcome: EtcdError['outcome'],
): Promise<void> {
  const error = await within(pending, 'the end of a call').then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert(error instanceof EtcdError, String(error))
  assert.deepEqual([error.code, error.outcome], ['closed', outcome])
}

function nextOf(transport: GrpcTransport): Promise<unknown> {
  return transport.stream(Watch.watch)[Symbol.asyncIterator]().next()
}

describe('GrpcTransport.close', () => {
  failOnLeaks()

  it('before any call opens nothing, and later calls are refused', async () => {
    await using peer = await ScriptedPeer.listen()
    const transport = new GrpcTransport({ endpoints: peer.endpoint })
    await transport.close()
    await assertClosed(transport.unary(KV.put, {}), 'not-applied')
    await assertClosed(nextOf(transport), 'not-applied')
    await transport.close()
  })

  it('ends calls that wait for a connection', async () => {
    await using grpc = await GrpcPeer.listen()
    const calls = [grpc.transport.unary(KV.put, {}), nextOf(grpc.transport)]
    const ended = Promise.all(calls.map((call) => call.catch(() => {})))
    await grpc.peer.acceptRaw()
    await within(grpc.transport.close(), 'close')
    await ended
    await assertClosed(calls[0] ?? Promise.resolve(), 'not-applied')
  })

  it('ends calls between two attempts to connect', async () => {
    await using gone = await ScriptedPeer.listen()
    const { endpoint } = gone
    await gone[Symbol.asyncDispose]().catch(() => {})
    const transport = new GrpcTransport({ endpoints: endpoint })
    const call = assertClosed(transport.unary(KV.put, {}), 'not-applied')
    const expired = transport.unary(KV.put, {}, { timeoutMs: 300 })
    await assert.rejects(expired, { code: 'tcp-failed' })
    await within(transport.close(), 'close')
    await call
  })

  it('ends calls that are open, and those that wait for their turn', async () => {
    await using grpc = await GrpcPeer.listen({ settings: [[SettingId.maxConcurrentStreams, 2]] })
    const server = await grpc.warm()
    const open = [grpc.transport.unary(KV.put, {}), nextOf(grpc.transport)]
    const waiting = grpc.transport.unary(KV.put, {})
    const ends = [
      assertClosed(open[0] ?? Promise.resolve(), 'unknown'),
      assertClosed(open[1] ?? Promise.resolve(), 'unknown'),
      assertClosed(waiting, 'not-applied'),
    ]
    await server.expect('HEADERS')
    await within(grpc.transport.close(), 'close')
    await Promise.all(ends)
    await server.ended()
  })

  it('ends calls that wait before they are sent again', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const calls = Array.from({ length: 5 }, () => grpc.transport.unary(KV.range, {}))
    const ends = calls.map((call) => assertClosed(call, undefined))
    for (const _ of calls) {
      refuse(server, (await server.until('HEADERS')).streamId, '14', 'etcdserver: no leader')
    }
    await within(grpc.transport.close(), 'close')
    await Promise.all(ends)
  })

  it('ends calls on a connection that takes no more of them', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const old = assertClosed(grpc.transport.unary(KV.put, {}), 'unknown')
    await server.until('HEADERS')
    server.send(goawayFrame(3))
    const fresh = assertClosed(grpc.transport.unary(KV.range, {}), undefined)
    const next = await grpc.accept()
    await next.expect('HEADERS')
    await within(grpc.transport.close(), 'close')
    await Promise.all([old, fresh])
    await Promise.all([server.ended(), next.ended()])
  })

  it('ends calls to named endpoints, also of those that had to make room for others', async () => {
    await using grpc = await GrpcPeer.listen()
    const others: ScriptedPeer[] = []
    const ends: Promise<void>[] = []
    for (let count = 0; count < 20; count++) {
      const other = await ScriptedPeer.listen()
      others.push(other)
      const call = grpc.transport.unary(KV.range, {}, { endpoint: other.endpoint })
      const server = await other.accept()
      answer(server, (await server.until('HEADERS')).streamId, countBody(count))
      assert.equal((await call).count, count)
      ends.push(
        assertClosed(grpc.transport.unary(KV.range, {}, { endpoint: other.endpoint }), undefined),
      )
      await server.until('HEADERS')
    }
    await within(grpc.transport.close(), 'close')
    await within(Promise.all(ends), 'the end of all calls')
    for (const other of others) await other[Symbol.asyncDispose]()
  })

  it('resolves for everyone who asks', async () => {
    await using grpc = await GrpcPeer.listen()
    await grpc.warm()
    await within(Promise.all([grpc.transport.close(), grpc.transport.close()]), 'close')
    await within(grpc.transport.close(), 'close')
  })
})

describe('named endpoints', () => {
  failOnLeaks()

  it('that are many at once all get their connection, and their calls an answer', async () => {
    await using grpc = await GrpcPeer.listen()
    const others = await Promise.all(Array.from({ length: 20 }, () => ScriptedPeer.listen()))
    const calls = others.map((other) =>
      grpc.transport.unary(KV.range, {}, { endpoint: other.endpoint, timeoutMs: 10_000 }),
    )
    await Promise.all(
      others.map(async (other, index) => {
        const server = await other.accept()
        answer(server, (await server.until('HEADERS')).streamId, countBody(index))
      }),
    )
    assert.deepEqual(
      (await Promise.all(calls)).map(({ count }) => count),
      others.map((_, index) => index),
    )
    await grpc.transport.close()
    for (const other of others) await other[Symbol.asyncDispose]()
  })
})
