// What every connection does: the preface, a request, a response, the end.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { HpackDecoder } from '../../src/http2/hpack/decoder.ts'
import { dataFrame, headersFrame } from './frames.ts'
import { okHeaders, ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

describe('Http2Session', () => {
  failOnLeaks()

  it('begins with the preface, its SETTINGS and a larger connection window', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    assert.equal(client.session.isOpen, true)
    assert.equal(client.session.activeStreams, 0)
  })

  it('sends a request in HEADERS and DATA, and hands over headers, body and trailers', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const stream = client.open(Buffer.from('request'))
    const headers = await client.peer.expect('HEADERS', 1)
    const fields = new HpackDecoder({ maxTableSize: 4096, maxListSize: 4096 }).decode(
      headers.payload,
      0,
      headers.payload.length,
    )
    assert.equal(fields.get(':path'), '/test')
    assert.equal(headers.flags, 4)
    const data = await client.peer.expect('DATA', 1)
    assert.deepEqual([data.flags, data.payload.toString()], [1, 'request'])
    client.peer.headers(1, okHeaders)
    client.peer.data(1, 'response')
    client.peer.headers(1, [['grpc-status', '0']], { end: true })
    await stream.ended()
    assert.deepEqual(stream.sections, [[[':status', '200']], [['grpc-status', '0']]])
    assert.equal(stream.body, 'response')
    assert.equal(client.session.activeStreams, 0)
  })

  it('ends a request without a body by its HEADERS', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const stream = client.open()
    const headers = await client.peer.expect('HEADERS', 1)
    assert.equal(headers.flags, 5)
    client.peer.respond(1)
    await stream.ended()
  })

  it('reads the same of bytes that come one at a time', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    const stream = await client.openSeen()
    await client.peer.trickle(
      headersFrame(1, client.peer.block(okHeaders), { padding: 3 }),
      dataFrame(1, 'split', { padding: 2 }),
      dataFrame(1, '', { end: true }),
    )
    await stream.ended()
    assert.deepEqual(stream.sections, [[[':status', '200']]])
    assert.equal(stream.body, 'split')
  })
})
