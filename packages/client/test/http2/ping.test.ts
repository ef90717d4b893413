// PING on a real connection: answered, unanswered, and asked for by the server.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../src/http2/constants.ts'
import { pingFrame } from './frames.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'

// Short ones, as the session allows; the transport holds callers to 5 s.
const session = { pingIntervalMs: 40, pingTimeoutMs: 40 }
const patient = { pingIntervalMs: 40, pingTimeoutMs: 5000 }

describe('PING', () => {
  failOnLeaks()

  it('from the server is answered with its payload, its acknowledgements are not', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer)
    client.peer.send(pingFrame('ack only', true), pingFrame('12345678'))
    const answer = await client.peer.expect('PING', 0)
    assert.deepEqual([answer.flags, answer.payload.toString()], [1, '12345678'])
  })

  it('is sent after a silence with an open call, and again after the next when it is answered', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { session: patient })
    const stream = await client.openSeen()
    for (let count = 0; count < 3; count++) {
      const ping = await client.peer.expect('PING', 0)
      assert.deepEqual([ping.flags, ping.payload.length], [0, 8])
      client.peer.send(pingFrame(ping.payload.toString(), true))
    }
    assert.equal(stream.settled, false)
    client.peer.respond(stream.id)
    await stream.ended()
  })

  it('unanswered fails the open calls as lost: they may have been processed', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { session })
    const streams = [client.open(), client.open()]
    for (const stream of streams) {
      const error = await stream.error()
      assert.deepEqual(
        [error.scope, error.errorCode, error.unprocessed],
        ['connection', ErrorCode.noError, false],
      )
      assert.match(error.message, /did not answer a PING/)
    }
    await client.closed
  })

  it('is not needed where anything else comes', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { session: patient })
    const stream = await client.openSeen()
    await client.peer.expect('PING')
    client.peer.headers(stream.id, [[':status', '200']])
    await client.peer.expect('PING')
    client.peer.data(stream.id, 'x')
    await client.peer.expect('PING')
    client.peer.data(stream.id, 'y', { end: true })
    await stream.ended()
  })

  it('unanswered on a connection that has become idle ends it before the next call finds it dead', async () => {
    await using peer = await ScriptedPeer.listen()
    await using client = await TestClient.connect(peer, { session })
    const stream = await client.openSeen()
    await client.peer.expect('PING')
    client.session.cancel(stream)
    assert.match((await client.closed).message, /did not answer a PING/)
  })
})
