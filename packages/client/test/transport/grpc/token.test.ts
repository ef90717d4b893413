// The token of a client: had once, sent with every call, had anew when it is refused.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AuthenticateRequest,
  AuthenticateResponse,
  KV,
  PutResponse,
  Watch,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { resetFrame } from '../../http2/frames.ts'
import type { ScriptedConnection } from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody, framed, GrpcPeer, refuse } from './grpc-peer.ts'

const auth = { username: 'user', password: 'secret' }
const invalidToken = 'etcdserver: invalid auth token'

interface Call {
  readonly id: number
  readonly path: string | undefined
  readonly token: string | undefined
}

/** Reads calls off a connection: their path and token. */
function reader(server: ScriptedConnection): () => Promise<Call> {
  const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 10_000 })
  return async () => {
    const { payload, streamId } = await server.until('HEADERS')
    const fields = decoder.decode(payload, 0, payload.length)
    return {
      id: streamId,
      path: fields.get(':path')?.split('/').at(-1),
      token: fields.get('token'),
    }
  }
}

function grant(server: ScriptedConnection, id: number, token: string): void {
  answer(server, id, framed(AuthenticateResponse.encode({ token })))
}

describe('a transport with a user and a password', () => {
  failOnLeaks()

  it('authenticates once for all calls that wait, and sends the token with each', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const calls = [1, 2, 3].map(() => grpc.transport.unary(KV.range, {}))
    const server = await grpc.accept()
    const next = reader(server)
    const first = await next()
    assert.deepEqual([first.path, first.token], ['Authenticate', undefined])
    const { payload } = await server.expect('DATA')
    const request = AuthenticateRequest.decode(payload.subarray(5))
    assert.deepEqual([request.name, request.password], ['user', 'secret'])
    grant(server, first.id, 'token-1')
    for (const _ of calls) {
      const call = await next()
      assert.deepEqual([call.path, call.token], ['Range', 'token-1'])
      answer(server, call.id, countBody(1))
    }
    await Promise.all(calls)
  })

  it('gets another token when the server refuses the one it has, and sends the calls again, writes as well', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const calls = [grpc.transport.unary(KV.put, {}), grpc.transport.unary(KV.put, {})]
    const server = await grpc.accept()
    const next = reader(server)
    grant(server, (await next()).id, 'old')
    const refused = [await next(), await next()]
    for (const { id } of refused) refuse(server, id, '16', invalidToken)
    const again = await next()
    assert.equal(again.path, 'Authenticate')
    grant(server, again.id, 'new')
    for (const _ of calls) {
      const call = await next()
      assert.deepEqual([call.path, call.token], ['Put', 'new'])
      answer(server, call.id, framed(PutResponse.encode({})))
    }
    await Promise.all(calls)
  })

  it('lessons 1.3: opens a stream with another token after one was refused, told of it by status or by its owner', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const { transport } = grpc
    const events: string[] = []
    transport.onEvent = ({ type }) => events.push(type)
    const first = transport.stream(Watch.watch)
    const refusedStream = first[Symbol.asyncIterator]().next()
    const server = await grpc.accept()
    const next = reader(server)
    grant(server, (await next()).id, 'first')
    refuse(server, (await next()).id, '16', invalidToken)
    await assert.rejects(refusedStream, { code: 'invalid-auth-token' })
    assert.equal(transport.renewToken(first), true)
    const second = transport.stream(Watch.watch)
    grant(server, (await next()).id, 'second')
    const { id, token } = await next()
    assert.equal(token, 'second')
    // Another stream with the first token is told so late: the second token is not to be blamed.
    assert.equal(transport.renewToken(first), true)
    assert.equal(transport.renewToken(), true)
    const read = transport.unary(KV.range, {})
    const range = await next()
    assert.deepEqual([range.path, range.token], ['Range', 'second'])
    answer(server, range.id, countBody(1))
    await read
    assert(id < range.id)
    // The second is of no more use either, however new it is: whoever calls now has a third, at once.
    assert.equal(transport.renewToken(second), true)
    const write = transport.unary(KV.put, {})
    grant(server, (await next()).id, 'third')
    const put = await next()
    assert.deepEqual([put.path, put.token], ['Put', 'third'])
    answer(server, put.id, framed(PutResponse.encode({})))
    await write
    second.cancel()
    assert.deepEqual(events, ['connected', 'token-refreshed', 'token-refreshed'])
  })

  it('gives up when tokens are refused again and again', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const outcome = assert.rejects(grpc.transport.unary(KV.put, {}), {
      code: 'invalid-auth-token',
      outcome: 'not-applied',
    })
    const server = await grpc.accept()
    const next = reader(server)
    for (let count = 0; count < 4; count++) {
      grant(server, (await next()).id, `token-${count}`)
      refuse(server, (await next()).id, '16', invalidToken)
    }
    await within(outcome, 'the end of the call')
  })

  it('goes without a token when the server has auth turned off', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const call = grpc.transport.unary(KV.range, {})
    const server = await grpc.accept()
    const next = reader(server)
    refuse(server, (await next()).id, '9', 'etcdserver: authentication is not enabled')
    const { id, token } = await next()
    assert.equal(token, undefined)
    answer(server, id, countBody(1))
    await call
  })

  it('tells every waiting call why it could not authenticate, and tries again for the next', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const refusal = {
      code: 'auth-failed',
      message: 'authentication failed, invalid user ID or password',
    }
    const stream = grpc.transport.stream(Watch.watch)
    const outcomes = [
      assert.rejects(grpc.transport.unary(KV.put, {}), { ...refusal, outcome: 'not-applied' }),
      assert.rejects(stream[Symbol.asyncIterator]().next(), refusal),
    ]
    const server = await grpc.accept()
    const next = reader(server)
    refuse(server, (await next()).id, '3', `etcdserver: ${refusal.message}`)
    await Promise.all(outcomes)
    const call = grpc.transport.unary(KV.range, {})
    grant(server, (await next()).id, 'token')
    answer(server, (await next()).id, countBody(1))
    await call
  })

  it('authenticates again when the server fails in the middle of it', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const call = grpc.transport.unary(KV.range, {})
    const server = await grpc.accept()
    await reader(server)()
    server.resetConnection()
    const other = await grpc.accept()
    const next = reader(other)
    const again = await next()
    assert.equal(again.path, 'Authenticate')
    refuse(other, again.id, '14', 'etcdserver: leader changed')
    grant(other, (await next()).id, 'token')
    answer(other, (await next()).id, countBody(1))
    await call
  })

  it('lets a call that waits for the token be given up', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const controller = new AbortController()
    const given = assert.rejects(
      grpc.transport.unary(KV.range, {}, { signal: controller.signal }),
      { name: 'AbortError' },
    )
    const late = assert.rejects(grpc.transport.unary(KV.put, {}, { timeoutMs: 50 }), {
      code: 'deadline-exceeded',
      outcome: 'not-applied',
    })
    const server = await grpc.accept()
    const next = reader(server)
    const { id } = await next()
    controller.abort()
    await Promise.all([given, late])
    grant(server, id, 'token')
    await server.pending()
    const call = grpc.transport.unary(KV.range, {})
    const range = await next()
    assert.deepEqual([range.path, range.token], ['Range', 'token'])
    answer(server, range.id, countBody(1))
    await call
  })

  it('ends calls that wait for the token when it is closed', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth } })
    const outcome = assert.rejects(grpc.transport.unary(KV.put, {}), {
      code: 'closed',
      outcome: 'not-applied',
    })
    const server = await grpc.accept()
    await reader(server)()
    await within(grpc.transport.close(), 'close')
    await outcome
  })
})

describe('a transport with a token from elsewhere', () => {
  failOnLeaks()

  it('sends it as it is, and tells its refusal', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth: { token: 'given' } } })
    const call = grpc.transport.unary(KV.range, {})
    const server = await grpc.accept()
    const next = reader(server)
    const { id, path, token } = await next()
    assert.deepEqual([path, token], ['Range', 'given'])
    refuse(server, id, '16', invalidToken)
    await assert.rejects(call, { code: 'invalid-auth-token' })
    assert.equal(grpc.transport.renewToken(), false)
  })

  it('leaves other failures to the usual rules', async () => {
    await using grpc = await GrpcPeer.listen({ transport: { auth: { token: 'given' } } })
    const call = grpc.transport.unary(KV.range, {})
    const server = await grpc.accept()
    const next = reader(server)
    server.send(resetFrame((await next()).id, 7))
    answer(server, (await next()).id, countBody(1))
    await call
  })
})
