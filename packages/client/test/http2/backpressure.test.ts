// A server that does not read: what waits for the socket stays bounded, and calls can still end.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { headersFrame, windowUpdateFrame } from './frames.ts'
import { MemorySession } from './memory-session.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

const mebibyte = 1024 * 1024
const largest = 2_147_483_647

/** A session whose socket has stopped, with windows that would allow everything. */
async function blocked(): Promise<MemorySession> {
  const peer = new MemorySession({ settings: [[4, largest]] })
  peer.feed(windowUpdateFrame(0, largest - 65_535))
  await peer.written()
  peer.accepts = false
  peer.open()
  await peer.written()
  return peer
}

describe('while the socket takes nothing', () => {
  failOnLeaks()

  it('new streams wait once 4 MiB are on their way, and go out when it takes bytes again', async () => {
    const peer = await blocked()
    const streams = Array.from({ length: 8 }, () => peer.open(new Uint8Array(mebibyte)))
    const begun = streams.filter((stream) => stream.id !== 0)
    assert.equal(begun.length, 4)
    peer.unblock()
    const frames = await peer.written()
    assert.equal(frames.filter((frame) => frame.name === 'HEADERS').length, 8)
    assert(streams.every((stream) => stream.id !== 0))
  })

  it('calls that are given up and followed by others take no memory without end', async () => {
    const peer = await blocked()
    for (let count = 0; count < 200_000; count++) peer.session.cancel(peer.open(Buffer.from('x')))
    peer.unblock()
    const bytes = (await peer.written()).reduce((sum, { payload }) => sum + payload.length + 9, 0)
    assert(bytes < 5 * mebibyte, `${bytes} bytes`)
    const stream = peer.open()
    peer.feed(headersFrame(stream.id, okHeaders, { end: true }))
    await stream.ended()
  })

  it('nothing is written, and everything in order afterwards', async () => {
    const peer = await blocked()
    const streams = Array.from({ length: 100 }, (_, index) => peer.open(Buffer.from(`${index}`)))
    assert.deepEqual(await peer.written(), [])
    peer.unblock()
    const frames = await peer.written()
    assert.deepEqual(
      frames
        .filter(({ name }) => name === 'DATA')
        .map(({ streamId, payload }) => [streamId, `${payload}`]),
      streams.map((stream, index) => [stream.id, `${index}`]),
    )
  })

  it('the end of the connection ends the calls that wait for it', async () => {
    const peer = await blocked()
    const streams = Array.from({ length: 6 }, () => peer.open(new Uint8Array(mebibyte)))
    peer.session.disconnected()
    const errors = await Promise.all(streams.map((stream) => stream.error()))
    assert.deepEqual(
      errors.map((error) => error.unprocessed),
      [false, false, false, false, true, true],
    )
  })
})

describe('a server that stops reading', () => {
  failOnLeaks()

  it('is given up by PING, and every call is told', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, {
      settings: [[4, largest]],
      session: { pingIntervalMs: 50, pingTimeoutMs: 50 },
    })
    client.peer.send(windowUpdateFrame(0, largest - 65_535))
    const first = await client.openSeen()
    client.peer.respond(first.id)
    await first.ended()
    client.peer.socket.pause()
    const streams = Array.from({ length: 64 }, () => client.open(new Uint8Array(mebibyte)))
    for (const stream of streams) assert.equal((await stream.error()).scope, 'connection')
    await client.closed
    client.peer.destroy()
  })

  it('does not hold up destroy', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { settings: [[4, largest]] })
    client.peer.send(windowUpdateFrame(0, largest - 65_535))
    const first = await client.openSeen()
    client.peer.respond(first.id)
    await first.ended()
    client.peer.socket.pause()
    const stream = client.open(new Uint8Array(16 * mebibyte))
    await client.destroy()
    await stream.error()
    client.peer.destroy()
  })
})
