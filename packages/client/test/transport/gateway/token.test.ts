// The token of a client over HTTP: had once, sent with every call, had anew when it is refused.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, Maintenance, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import {
  answerJson,
  type GatewayPeer,
  rangeOf,
  startGatewayPeer,
  transportTo,
} from './gateway-peer.ts'

const auth = { username: 'user', password: 'secret' }
const key = new TextEncoder().encode('a')
const invalidToken = { code: 16, message: 'etcdserver: invalid auth token' }
const oldRevision = { code: 3, message: 'etcdserver: revision of auth store is old' }

/** A peer with auth. `valid` says which tokens it takes; it hands out `token-1`, `token-2`, …. */
async function startSecured(
  valid: (token: string) => boolean,
  refusal: object,
): Promise<GatewayPeer> {
  let tokens = 0
  return startGatewayPeer(({ path, headers }, response) => {
    if (path === '/v3/auth/authenticate') answerJson(response, { token: `token-${++tokens}` })
    else if (valid(headers.authorization ?? '')) answerJson(response, rangeOf(1))
    else answerJson(response, refusal, 401)
  })
}

function authentications({ requests }: GatewayPeer): number {
  return requests.filter(({ path }) => path === '/v3/auth/authenticate').length
}

describe('the token of a client over HTTP', () => {
  failOnLeaks()

  it('is had once for all calls that wait, and is the Authorization of each', async () => {
    await using peer = await startSecured((token) => token === 'token-1', invalidToken)
    const transport = transportTo(peer.url, { auth })
    await Promise.all([1, 2, 3].map(() => transport.unary(KV.range, { key })))
    assert.equal(authentications(peer), 1)
    const [first] = peer.requests
    assert.deepEqual(JSON.parse(first?.body ?? ''), { name: 'user', password: 'secret' })
    assert.equal(first?.headers.authorization, undefined)
    await transport.close()
  })

  for (const [name, refusal] of [
    ['invalid', invalidToken],
    ['old', oldRevision],
  ] as const) {
    it(`is had anew, once, when the server says that it is ${name}; writes are sent again`, async () => {
      let valid = 'token-1'
      await using peer = await startSecured((token) => token === valid, refusal)
      const transport = transportTo(peer.url, { auth })
      const events: string[] = []
      transport.onEvent = ({ type }) => events.push(type)
      await transport.unary(KV.put, { key })
      valid = 'token-2'
      await Promise.all(Array.from({ length: 20 }, () => transport.unary(KV.put, { key })))
      assert.equal(authentications(peer), 2)
      assert.equal(events.filter((type) => type === 'token-refreshed').length, 1)
      await transport.close()
    })
  }

  it('that is refused again and again is told after a few times', async () => {
    await using peer = await startSecured(() => false, invalidToken)
    const transport = transportTo(peer.url, { auth })
    await assert.rejects(transport.unary(KV.put, { key }), {
      code: 'invalid-auth-token',
      outcome: 'not-applied',
    })
    assert.ok(authentications(peer) <= 4)
    await transport.close()
  })

  it('that is given is sent as it is, and never had anew', async () => {
    await using peer = await startSecured((token) => token === 'mine', invalidToken)
    const transport = transportTo(peer.url, { auth: { token: 'mine' } })
    await transport.unary(KV.range, { key })
    await transport.close()
    const other = transportTo(peer.url, { auth: { token: 'other' } })
    await assert.rejects(other.unary(KV.range, { key }), { code: 'invalid-auth-token' })
    assert.equal(other.renewToken(), false)
    assert.equal(authentications(peer), 0)
    await other.close()
  })

  it('that cannot be had: what the server says, and nothing was applied', async () => {
    await using peer = await startGatewayPeer((_, response) => {
      const message = 'etcdserver: authentication failed, invalid user ID or password'
      answerJson(response, { code: 3, message }, 400)
    })
    const transport = transportTo(peer.url, { auth })
    await assert.rejects(transport.unary(KV.put, { key }), {
      code: 'auth-failed',
      outcome: 'not-applied',
    })
    await transport.close()
  })

  it('is not needed where auth is turned off', async () => {
    await using peer = await startGatewayPeer(({ path, headers }, response) => {
      assert.equal(headers.authorization, undefined)
      const message = 'etcdserver: authentication is not enabled'
      if (path === '/v3/auth/authenticate') answerJson(response, { code: 9, message }, 400)
      else answerJson(response, rangeOf(1))
    })
    const transport = transportTo(peer.url, { auth })
    assert.equal((await transport.unary(KV.range, { key })).count, 1)
    await transport.close()
  })

  it('that watches are refused for in their messages is had anew, once for all that were opened with it', async () => {
    let tokens = 0
    await using peer = await startGatewayPeer(({ path }, response) => {
      if (path === '/v3/auth/authenticate') answerJson(response, { token: `token-${++tokens}` })
      else response.write('{"result":{"created":true}}\n')
    })
    const transport = transportTo(peer.url, { auth })
    const open = async (): Promise<object> => {
      const stream = transport.stream(Watch.watch)
      stream.send({ createRequest: {} })
      for await (const _ of stream) break
      return stream
    }
    const [first, second] = [await open(), await open()]
    assert.equal(transport.renewToken(first), true)
    await open()
    assert.equal(transport.renewToken(second), true)
    await open()
    assert.equal(tokens, 2)
    await transport.close()
  })

  it('is in streams too, and the next stream has another when it was refused', async () => {
    await using peer = await startSecured((token) => token === 'token-2', invalidToken)
    const transport = transportTo(peer.url, { auth })
    const read = async (): Promise<void> => {
      const stream = transport.stream(Maintenance.snapshot)
      stream.send({})
      for await (const _ of stream) assert.fail('nothing is sent')
    }
    await assert.rejects(read(), { code: 'invalid-auth-token' })
    await assert.rejects(read(), { code: 'protocol-error' })
    assert.equal(authentications(peer), 2)
    await transport.close()
  })
})
