// Failed attempts and what follows: another attempt where that is safe, else an error that says what is known.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError, KV, PutResponse, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { ErrorCode } from '../../../src/http2/constants.ts'
import { GrpcTransport } from '../../../src/transport/grpc/grpc-transport.ts'
import { goawayFrame, resetFrame, settingsFrame } from '../../http2/frames.ts'
import { type ScriptedConnection, ScriptedPeer } from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody, framed, GrpcPeer, refuse } from './grpc-peer.ts'

const putBody = framed(PutResponse.encode({}))

async function failure(pending: Promise<unknown>): Promise<EtcdError> {
  const error = await within(pending, 'the failure of a call').then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert(error instanceof EtcdError, String(error))
  return error
}

/** Ends an attempt in a way of its own; says on which connection the next one comes. */
type Blow = (
  server: ScriptedConnection,
  streamId: number,
  grpc: GrpcPeer,
) => Promise<ScriptedConnection>

const same = async (server: ScriptedConnection) => server
const blows: readonly (readonly [name: string, safe: boolean, blow: Blow])[] = [
  [
    'REFUSED_STREAM',
    true,
    (server, id) => {
      server.send(resetFrame(id, ErrorCode.refusedStream))
      return same(server)
    },
  ],
  [
    'GOAWAY below it',
    true,
    (server, _, grpc) => {
      server.send(goawayFrame(0))
      return grpc.accept()
    },
  ],
  [
    'the end of the connection',
    false,
    (server, _, grpc) => {
      server.halfClose()
      return grpc.accept()
    },
  ],
  [
    'the reset of the connection',
    false,
    (server, _, grpc) => {
      server.resetConnection()
      return grpc.accept()
    },
  ],
  [
    'status unavailable',
    false,
    (server, id) => {
      refuse(server, id, '14', 'etcdserver: leader changed')
      return same(server)
    },
  ],
  [
    'HTTP 503',
    false,
    (server, id) => {
      server.headers(id, [[':status', '503']], { end: true })
      return same(server)
    },
  ],
]

describe('a failed attempt', () => {
  failOnLeaks()

  for (const [name, safe, blow] of blows) {
    it(`by ${name} lets a read be sent again`, async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const pending = grpc.transport.unary(KV.range, {})
      const next = await blow(server, (await server.until('HEADERS')).streamId, grpc)
      answer(next, (await next.until('HEADERS')).streamId, countBody(9))
      assert.equal((await pending).count, 9)
    })

    it(`by ${name} ${safe ? 'lets a write be sent again' : 'fails a write, which may have been applied'}`, async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const pending = grpc.transport.unary(KV.put, {})
      const outcome = safe ? undefined : failure(pending)
      const { streamId } = await server.until('HEADERS')
      if (outcome === undefined) {
        const next = await blow(server, streamId, grpc)
        answer(next, (await next.until('HEADERS')).streamId, putBody)
        await pending
      } else {
        const next = blow(server, streamId, grpc)
        assert.equal((await outcome).outcome, 'unknown')
        // No other attempt is made; a connection is, by the next call.
        const other = grpc.transport.unary(KV.range, {})
        const connection = await next
        answer(connection, (await connection.until('HEADERS')).streamId, countBody(1))
        await other
      }
    })

    it(`by ${name} ends a stream, whose owner decides`, async () => {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const stream = grpc.transport.stream(Watch.watch)
      const outcome = failure(stream[Symbol.asyncIterator]().next())
      const { streamId } = await server.until('HEADERS')
      const next = blow(server, streamId, grpc)
      await outcome
      const other = grpc.transport.unary(KV.range, {})
      const connection = await next
      answer(connection, (await connection.until('HEADERS')).streamId, countBody(1))
      await other
    })
  }

  it('is not repeated when the server has answered with an error of its own', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    const pending = failure(grpc.transport.unary(KV.range, {}))
    refuse(
      server,
      (await server.until('HEADERS')).streamId,
      '11',
      'etcdserver: mvcc: required revision has been compacted',
    )
    assert.equal((await pending).code, 'compacted')
    assert(!(await server.pending()).some((frame) => frame.name === 'HEADERS'))
  })

  it('of a write that may be repeated leaves it possible that it was applied, whatever comes after it', async () => {
    const ends: readonly (readonly [string, Blow])[] = [
      [
        'no-space',
        (server, id) => {
          refuse(server, id, '8', 'etcdserver: mvcc: database space exceeded')
          return same(server)
        },
      ],
      // The next connection is not answered any more.
      [
        'unavailable',
        (server, _, grpc) => {
          server.send(goawayFrame(3))
          return grpc.peer.acceptRaw()
        },
      ],
    ]
    for (const [code, end] of ends) {
      await using grpc = await GrpcPeer.listen()
      const server = await grpc.warm()
      const options = { repeatable: true, timeoutMs: 700 }
      const pending = failure(grpc.transport.unary(KV.put, {}, options))
      refuse(server, (await server.until('HEADERS')).streamId, '14', 'etcdserver: leader changed')
      await end(server, (await server.until('HEADERS')).streamId, grpc)
      const error = await pending
      assert.deepEqual([error.code, error.outcome], [code, 'unknown'])
    }
  })

  it('goes to another endpoint at once', async () => {
    await using first = await ScriptedPeer.listen()
    await using second = await ScriptedPeer.listen()
    const transport = new GrpcTransport({ endpoints: [first.endpoint, second.endpoint] })
    const warming = transport.unary(KV.range, {})
    const servers = await Promise.all([first.accept(), second.accept()])
    const serve = async (server: ScriptedConnection, refusal?: string) => {
      const { streamId } = await server.until('HEADERS')
      if (refusal === undefined) answer(server, streamId, countBody(5))
      else refuse(server, streamId, '14', refusal)
      return server
    }
    const [one, two] = servers
    const warm = await Promise.race([serve(one), serve(two)])
    await warming
    const [refusing, answering] = warm === one ? [two, one] : [one, two]
    const pending = transport.unary(KV.range, {})
    // Round robin: the other one's turn.
    refuse(refusing, 1, '14', 'etcdserver: no leader')
    await serve(answering)
    assert.equal((await pending).count, 5)
    await transport.close()
  })
})

describe('a connection that cannot be made', () => {
  failOnLeaks()

  it('is tried again and again while a call waits', async () => {
    await using grpc = await GrpcPeer.listen()
    const pending = grpc.transport.unary(KV.range, {})
    for (let count = 0; count < 3; count++) {
      const server = await grpc.peer.acceptRaw()
      await server.expect('SETTINGS')
      server.destroy()
    }
    const server = await grpc.accept()
    answer(server, (await server.until('HEADERS')).streamId, countBody(1))
    assert.equal((await pending).count, 1)
  })

  it('because the server leaves at once is tried again', async () => {
    await using grpc = await GrpcPeer.listen()
    const pending = grpc.transport.unary(KV.range, {})
    for (let count = 0; count < 2; count++) {
      const server = await grpc.peer.acceptRaw()
      server.send(settingsFrame(), goawayFrame(0))
      await server.ended()
    }
    const server = await grpc.accept()
    answer(server, (await server.until('HEADERS')).streamId, countBody(1))
    assert.equal((await pending).count, 1)
  })

  it('because a TLS file cannot be read is told so', async () => {
    const transport = new GrpcTransport({
      endpoints: 'https://127.0.0.1:1',
      tls: { ca: '/nowhere/ca.pem' },
      timeoutMs: 100,
    })
    const error = await failure(transport.unary(KV.put, {}))
    assert.deepEqual([error.code, error.outcome], ['tls-failed', 'not-applied'])
    assert.match(error.message, /ENOENT.*\/nowhere\/ca\.pem/)
    await transport.close()
  })

  it('does not hold up calls while another endpoint answers', async () => {
    await using gone = await ScriptedPeer.listen()
    const goneEndpoint = gone.endpoint
    await gone[Symbol.asyncDispose]().catch(() => {})
    await using peer = await ScriptedPeer.listen()
    const transport = new GrpcTransport({ endpoints: [goneEndpoint, peer.endpoint] })
    const calls = [1, 2, 3, 4].map(() => transport.unary(KV.range, {}))
    const server = await peer.accept()
    for (let count = 0; count < 4; count++) {
      answer(server, (await server.until('HEADERS')).streamId, countBody(1))
    }
    await Promise.all(calls)
    await transport.close()
  })

  it('of a named endpoint is told with that endpoint', async () => {
    await using grpc = await GrpcPeer.listen()
    await grpc.warm()
    const options = { endpoint: 'http://127.0.0.1:1', timeoutMs: 400 }
    const error = await failure(grpc.transport.unary(KV.put, {}, options))
    assert.deepEqual(
      [error.code, error.endpoint, error.outcome],
      ['tcp-failed', 'http://127.0.0.1:1', 'not-applied'],
    )
  })
})

describe('a named endpoint that is none', () => {
  failOnLeaks()

  it('is a TypeError of the call, which leaves nothing behind', async () => {
    await using grpc = await GrpcPeer.listen()
    await grpc.warm()
    await assert.rejects(grpc.transport.unary(KV.range, {}, { endpoint: 'ftp://x' }), TypeError)
    const stream = grpc.transport.stream(Watch.watch, { endpoint: 'ftp://x' })
    await assert.rejects(stream[Symbol.asyncIterator]().next(), TypeError)
  })
})
