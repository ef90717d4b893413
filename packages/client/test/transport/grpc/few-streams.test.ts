// Further connections to a server that allows few streams on each.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, type MessageStream, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { SettingId } from '../../../src/http2/constants.ts'
import type { GrpcTransport } from '../../../src/transport/grpc/grpc-transport.ts'
import type { ScriptedConnection } from '../../http2/scripted-peer.ts'
import { ScriptedPeer } from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody, GrpcPeer } from './grpc-peer.ts'

const settings = [[SettingId.maxConcurrentStreams, 1]] as const

async function answerNext(server: ScriptedConnection, count: number): Promise<void> {
  answer(server, (await server.until('HEADERS')).streamId, countBody(count))
}

/** A stream, and how it ends for its reader. */
function watch(transport: GrpcTransport): {
  readonly stream: MessageStream<object, object>
  readonly end: Promise<string>
} {
  const stream = transport.stream(Watch.watch)
  const end = stream[Symbol.asyncIterator]()
    .next()
    .then(
      () => 'done',
      (error: { code: string }) => error.code,
    )
  return { stream, end }
}

describe('a server that allows one stream on a connection', () => {
  failOnLeaks()

  it('is connected to once more for a stream, and calls go on meanwhile', async () => {
    await using grpc = await GrpcPeer.listen({ settings })
    const first = await grpc.warm()
    const { stream, end } = watch(grpc.transport)
    const calls = [grpc.transport.unary(KV.range, {}), grpc.transport.unary(KV.range, {})]
    await answerNext(first, 1)
    await answerNext(first, 2)
    assert.deepEqual(
      (await Promise.all(calls)).map(({ count }) => count),
      [1, 2],
    )
    const further = await grpc.accept()
    assert.equal((await further.expect('HEADERS')).streamId, 1)
    stream.cancel()
    assert.equal(await within(end, 'the end'), 'done')
    await further.until('RST_STREAM')
  })

  it('is connected to again and again while a stream waits, and calls go on meanwhile', async () => {
    await using grpc = await GrpcPeer.listen({ settings })
    const first = await grpc.warm()
    const { stream } = watch(grpc.transport)
    for (let tries = 1; tries <= 4; tries++) {
      ;(await grpc.peer.acceptRaw()).resetConnection()
      const call = grpc.transport.unary(KV.range, {})
      await answerNext(first, tries)
      assert.equal((await call).count, tries)
    }
    const further = await grpc.accept()
    await further.expect('HEADERS', 1)
    stream.cancel()
  })

  it('has eight connections at most; what waits beyond that is told when it is closed', async () => {
    await using grpc = await GrpcPeer.listen({ settings })
    const first = await grpc.warm()
    const watches = Array.from({ length: 9 }, () => watch(grpc.transport))
    const further: ScriptedConnection[] = []
    for (let n = 0; n < 7; n++) {
      const server = await grpc.accept()
      await server.expect('HEADERS', 1)
      further.push(server)
    }
    const call = grpc.transport.unary(KV.range, {})
    await answerNext(first, 3)
    assert.equal((await call).count, 3)
    // A stream that ends makes room for one that waits.
    watches[0]?.stream.cancel()
    const [second] = further
    await second?.until('RST_STREAM')
    assert.equal((await second?.expect('HEADERS'))?.streamId, 3)
    await within(grpc.transport.close(), 'close')
    const ends = await Promise.all(watches.map(({ end }) => end))
    assert.deepEqual(ends, ['done', ...Array.from({ length: 8 }, () => 'closed')])
    for (const server of further) await server.ended()
  })

  it('loses all of its connections when it leaves the list: streams go on elsewhere, calls finish', async () => {
    await using grpc = await GrpcPeer.listen({ settings })
    await using other = await ScriptedPeer.listen()
    const first = await grpc.warm()
    const { end } = watch(grpc.transport)
    const further = await grpc.accept()
    await further.expect('HEADERS')
    const call = grpc.transport.unary(KV.range, {})
    const { streamId } = await first.until('HEADERS')
    grpc.transport.setEndpoints(other.endpoint)
    assert.equal(await within(end, 'the end'), 'unavailable')
    await further.ended()
    answer(first, streamId, countBody(9))
    assert.equal((await call).count, 9)
    await first.ended()
  })
})
