// A stream whose reader stops: what the server can send stays bounded, and nothing is lost.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type MessageStream, Watch, type WatchRequest, WatchResponse } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../../src/http2/constants.ts'
import { dataFrame, type Frame } from '../../http2/frames.ts'
import type { ScriptedConnection } from '../../http2/scripted-peer.ts'
import { framed, GrpcPeer, grpcHeaders, grpcTrailers } from './grpc-peer.ts'

const mebibyte = 1024 * 1024
const frameBytes = 16_384
// The session's default windows.
const streamWindowBytes = 4 * mebibyte

/** A message of this many bytes, prefix included, told by its id. */
function message(watchId: number, bytes: number): Buffer {
  const body = WatchResponse.encode({ watchId, cancelReason: 'x'.repeat(Math.max(0, bytes - 20)) })
  return framed(body)
}

/** Bytes in DATA frames as large as they may be. */
function dataFrames(id: number, bytes: Buffer): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at < bytes.length; at += frameBytes) {
    frames.push(dataFrame(id, bytes.subarray(at, at + frameBytes)))
  }
  return Buffer.concat(frames)
}

/** How much more the server may send by these WINDOW_UPDATEs. */
function creditOf(frames: readonly Frame[], id: number): number {
  return frames
    .filter((frame) => frame.name === 'WINDOW_UPDATE' && frame.streamId === id)
    .reduce((sum, frame) => sum + frame.payload.readUInt32BE(0), 0)
}

interface Opened {
  readonly server: ScriptedConnection
  readonly stream: MessageStream<WatchRequest, WatchResponse>
  readonly id: number
}

/** A stream whose response headers have come. */
async function openStream(grpc: GrpcPeer): Promise<Opened> {
  const server = await grpc.warm()
  const stream = grpc.transport.stream(Watch.watch)
  const { streamId } = await server.expect('HEADERS')
  server.headers(streamId, grpcHeaders)
  return { server, stream, id: streamId }
}

describe('a stream whose reader stops', () => {
  failOnLeaks()

  it('gives no more credit than one window beyond what waits, and all of it once it is read', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    let window = streamWindowBytes
    let sent = 0
    // A server that sends whatever it may.
    for (;;) {
      const next = message(sent, 10_000)
      if (next.length > window) {
        window += creditOf(await server.pending(), id)
        if (next.length > window) break
      }
      server.send(dataFrames(id, next))
      window -= next.length
      sent++
    }
    assert(sent * 10_000 < streamWindowBytes + 3 * mebibyte, `${sent} messages`)
    server.headers(id, grpcTrailers(), { end: true })
    let read = 0
    for await (const { watchId } of stream) assert.equal(watchId, read++)
    assert.equal(read, sent)
  })

  it('holds back servers of empty messages as well', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    const empty = Buffer.alloc(5 * 3000)
    let window = streamWindowBytes
    for (let sent = 0; window >= empty.length; sent += empty.length) {
      assert(sent < streamWindowBytes + 3 * mebibyte, `${sent} bytes`)
      server.send(dataFrame(id, empty))
      window -= empty.length
      if (sent % (100 * empty.length) === 0) window += creditOf(await server.pending(), id)
    }
    stream.cancel()
  })

  it('lets other calls on its connection go on', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    server.send(dataFrames(id, message(1, streamWindowBytes - 100)))
    const other = grpc.transport.stream(Watch.watch)
    const { streamId } = await server.until('HEADERS')
    server.headers(streamId, grpcHeaders)
    server.send(dataFrames(streamId, message(2, streamWindowBytes - 100)))
    const { value } = await other[Symbol.asyncIterator]().next()
    assert.equal(value?.watchId, 2)
    stream.cancel()
    other.cancel()
  })

  it('and whose server exceeds the window fails, alone', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    for (let count = 0; count < 10; count++) server.send(dataFrames(id, message(count, mebibyte)))
    const reset = await server.until('RST_STREAM')
    assert.deepEqual(
      [reset.streamId, reset.payload.readUInt32BE(0)],
      [id, ErrorCode.flowControlError],
    )
    const ids: number[] = []
    await assert.rejects(
      async () => {
        for await (const { watchId } of stream) ids.push(watchId)
      },
      { code: 'protocol-error' },
    )
    assert.deepEqual(ids, [0, 1, 2, 3].slice(0, ids.length))
    await grpc.transport.close()
  })
})

describe('a message', () => {
  failOnLeaks()

  it("larger than the stream's window comes through", async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    const body = message(7, 20 * mebibyte)
    let window = streamWindowBytes
    for (let at = 0; at < body.length; ) {
      if (window < frameBytes) window += creditOf([await server.until('WINDOW_UPDATE')], id)
      const end = Math.min(at + Math.min(frameBytes, window), body.length)
      server.send(dataFrame(id, body.subarray(at, end)))
      window -= end - at
      at = end
    }
    const { value } = await stream[Symbol.asyncIterator]().next()
    assert.deepEqual([value?.watchId, value?.cancelReason.length], [7, 20 * mebibyte - 20])
    stream.cancel()
  })

  it('read one at a time lets the server send the next', async () => {
    await using grpc = await GrpcPeer.listen()
    const { server, stream, id } = await openStream(grpc)
    const iterator = stream[Symbol.asyncIterator]()
    let window = streamWindowBytes
    for (let count = 0; count < 30; count++) {
      const body = message(count, mebibyte)
      const next = iterator.next()
      while (window < body.length) window += creditOf([await server.until('WINDOW_UPDATE')], id)
      server.send(dataFrames(id, body))
      window -= body.length
      assert.equal((await next).value?.watchId, count)
    }
    stream.cancel()
  })
})
