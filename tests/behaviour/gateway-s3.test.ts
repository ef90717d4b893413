// Section S3 of reference/existing-clients.md, row by row.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV } from '@etcdkit/protocol'
import * as gateway from 'etcdkit/gateway'
import { bytes, Etcd, everything, prefix } from 'etcdkit/gateway'
import {
  answerJson,
  rangeOf,
  startGatewayPeer,
} from '../../packages/client/test/transport/gateway/gateway-peer.ts'
import { gatewayKinds } from '../support/gateway-suites.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { AuthSwitch, prepareAuth } from './support/auth.ts'
import { keysOf } from './support/entries.ts'
import { gatewayOf } from './support/gateway.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer(
  'gateway S3',
  (server) => {
    failOnLeaks()

    it('S3.2: connect opens a client', async () => {
      await using etcd = await Etcd.connect(server.endpoints)
      assert.ok(etcd instanceof Etcd)
      await etcd.put(`${uniquePrefix()}a`, '1')
    })

    it('S3.3: an address with its scheme, or without', async () => {
      const [endpoint = ''] = server.endpoints
      for (const address of [endpoint, endpoint.replace('http://', '')]) {
        await using etcd = await Etcd.connect(address)
        assert.equal(await etcd.get(uniquePrefix()), undefined)
      }
    })

    it('S2.15, S3.7: connect authenticates, once, and rejects a wrong password', async () => {
      await prepareAuth(server)
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      let connected: Etcd | undefined
      const authentications = await auth.countAuthentications(async () => {
        connected = await Etcd.connect({ endpoints: server.endpoints, auth: user })
      })
      assert.equal(authentications, 1)
      await using etcd = connected
      assert.ok(etcd)
      const writing = async (): Promise<unknown> => etcd.put(`${uniquePrefix()}a`, '1')
      assert.equal(await auth.countAuthentications(writing), 0)
      const wrong = { ...user, password: 'wrong' }
      const connecting = Etcd.connect({ endpoints: server.endpoints, auth: wrong })
      const error = await etcdErrorOf(connecting, 'auth-failed')
      assert.match(error.message, /^Cannot connect: authentication failed/)
      // A client that has not connected says so at the first call.
      await using lazy = gatewayOf(server, { auth: wrong })
      await etcdErrorOf(lazy.get('a'), 'auth-failed')
    })

    it('S3.4: a token is sent as it is', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      const token = await auth.tokenOf(user)
      await using etcd = gatewayOf(server, { auth: { token } })
      const key = `${uniquePrefix()}a`
      await etcd.put(key, '1')
      await using other = gatewayOf(server, { auth: { token: 'other' } })
      await etcdErrorOf(other.get(key), 'invalid-auth-token')
    })

    it('S3.20: request goes with the token of the client, had anew when it is refused, or its own', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      await using etcd = gatewayOf(server, { auth: user })
      const path = '/kv/range'
      const json = { key: 'YQ==' }
      assert.equal((await etcd.request({ path, json })).status, 200)
      await auth.invalidateTokens(user)
      assert.equal((await etcd.request({ path, json })).status, 200)
      const headers = { Authorization: 'other' }
      assert.equal((await etcd.request({ path, json, headers })).status, 401)
    })

    it('S3.8: the api prefix needs no slash', async () => {
      await using etcd = gatewayOf(server, { apiPrefix: 'v3' })
      await etcd.put(`${uniquePrefix()}a`, '1')
    })

    it('S3.10: get, put, delete, list, request', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      await etcd.put(key, '1')
      assert.equal((await etcd.get(key))?.value, '1')
      assert.equal((await etcd.list(prefix(key))).count, 1)
      assert.equal((await etcd.delete(key)).deleted, 1)
      assert.ok((await etcd.request({ path: 'kv/range', json: { key: 'YQ==' } })).ok)
    })

    it('S3.11: an entry has all six, keys and values of any bytes', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix(), bytes)
      const key = Uint8Array.of(0, 255, 10, 34)
      const { revision } = await keys.put(key, key)
      const entry = await keys.get(key)
      assert.deepEqual(entry?.keyBytes, key)
      assert.deepEqual(entry?.value, key)
      const { createRevision, modRevision, version, lease } = entry
      assert.deepEqual(
        [createRevision, modRevision, version, lease],
        [revision, revision, 1, undefined],
      )
    })

    it('S3.12: a header has ids as decimal texts and counts as numbers', async () => {
      await using etcd = gatewayOf(server)
      const { header } = await etcd.call(KV.range, { key: Uint8Array.of(97) })
      assert.match(header?.clusterId ?? '', /^[1-9]\d*$/)
      assert.match(header?.memberId ?? '', /^[1-9]\d*$/)
      assert.ok(Number.isSafeInteger(header?.revision) && Number.isSafeInteger(header?.raftTerm))
    })

    it('S3.13: get is undefined for what is not there; a revision, and a read of the member’s own', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      assert.equal(await etcd.get(key), undefined)
      const { revision } = await etcd.put(key, '1')
      await etcd.put(key, '2')
      assert.equal((await etcd.get(key, { revision, serializable: true }))?.value, '1')
    })

    it('S3.14: put tells what was there only if asked and there was', async () => {
      await using etcd = gatewayOf(server)
      const key = `${uniquePrefix()}a`
      assert.equal((await etcd.put(key, '1', { previous: true })).previous, undefined)
      assert.equal((await etcd.put(key, '2')).previous, undefined)
      assert.equal((await etcd.put(key, '3', { previous: true })).previous?.value, '2')
    })

    it('S3.15: delete a prefix, and tell what was there in an array, always', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      assert.deepEqual((await keys.delete(prefix('a'))).previous, [])
      for (const key of ['a', 'ab', 'b']) await keys.put(key, key)
      const gone = await keys.delete(prefix('a'), { previous: true })
      assert.deepEqual([gone.deleted, keysOf(gone.previous)], [2, ['a', 'ab']])
      assert.equal((await keys.delete(prefix(''))).deleted, 1)
    })

    it('S3.16: an empty key is refused before anything is sent', async () => {
      await using etcd = gatewayOf(server)
      for (const call of [etcd.get(''), etcd.put('', '1'), etcd.delete('')]) {
        await assert.rejects(call, TypeError)
      }
    })

    it('S3.17: list everything, or a prefix, in any order; other orders are refused', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      for (const key of ['b', 'a', 'c']) await keys.put(key, key)
      for (const target of [everything, prefix('')]) {
        assert.deepEqual(keysOf((await keys.list(target)).entries), ['a', 'b', 'c'])
      }
      const order = 'descending'
      const { entries } = await keys.list(everything, { sort: 'modRevision', order })
      assert.deepEqual(keysOf(entries), ['c', 'a', 'b'])
      const wrong = { sort: 'size' } as object
      await assert.rejects(keys.list(everything, wrong), TypeError)
      await assert.rejects(keys.list(everything, { order: 'up' } as object), TypeError)
    })

    it('S3.18: a list has a count and tells whether there is more', async () => {
      await using etcd = gatewayOf(server)
      const keys = etcd.keyspace(uniquePrefix())
      for (const key of ['a', 'b', 'c']) await keys.put(key, key)
      const { entries, count, more } = await keys.list(everything, { limit: 1 })
      assert.deepEqual([keysOf(entries), count, more], [['a'], 3, true])
      assert.equal(await keys.count(everything), 3)
    })

    it('S3.19: request sends to a path or a URL, one of them', async () => {
      await using etcd = gatewayOf(server)
      const [endpoint = ''] = server.endpoints
      const json = { key: 'YQ==' }
      const body = JSON.stringify(json)
      for (const options of [
        { path: '/kv/range', json },
        { path: '/v3/kv/range', body },
        { path: 'v3/kv/range', body: new TextEncoder().encode(body) },
        { url: `${endpoint}/v3/kv/range`, json },
      ]) {
        const response = await etcd.request(options)
        assert.deepEqual([response.status, response.ok], [200, true])
        assert.equal(response.headers['content-type'], 'application/json')
        assert.deepEqual(JSON.parse(response.text()), response.json())
        assert.equal(new TextDecoder().decode(response.bytes()), response.text())
      }
      const metrics = await etcd.request({ url: `${endpoint}/metrics`, method: 'GET' })
      assert.match(metrics.text(), /^etcd_/m)
      await assert.rejects(etcd.request({}), /exactly one of path and url/)
      await assert.rejects(etcd.request({ path: '/a', url: `${endpoint}/a` }), TypeError)
    })

    it('S3.22: request can reject what is no success', async () => {
      await using etcd = gatewayOf(server)
      const wrong = { path: '/lease/revoke', json: { ID: '77' } }
      const response = await etcd.request(wrong)
      assert.deepEqual([response.status, response.ok], [404, false])
      const failing = etcd.request({ ...wrong, failOnHttpError: true })
      const error = await etcdErrorOf(failing, 'lease-not-found')
      assert.equal(error.message, 'Cannot send POST /lease/revoke: requested lease not found')
    })

    it('S3.23: an empty transaction succeeds', async () => {
      await using etcd = gatewayOf(server)
      const json = { compare: [], success: [], failure: [] }
      const response = await etcd.request({ path: '/kv/txn', json })
      assert.equal(response.status, 200)
      assert.equal((response.json() as { succeeded: boolean }).succeeded, true)
    })
  },
  { only: gatewayKinds },
)

describe('gateway S3, options', () => {
  failOnLeaks()

  it('S3.1: everything is a name of the door', () => {
    assert.equal(gateway.Etcd, Etcd)
    assert.ok(!('default' in gateway))
  })

  it('S3.5, S3.6: a user with a password, or a token, and not both', () => {
    for (const auth of [
      { username: 'a' },
      { password: 'a' },
      { token: 'a', username: 'a' },
      { token: 'a', username: 'a', password: 'a' },
      {},
    ]) {
      assert.throws(() => new Etcd({ auth } as object), TypeError, JSON.stringify(auth))
    }
  })

  it('S3.9: a time limit in milliseconds', async () => {
    await using peer = await startGatewayPeer(() => undefined)
    await using etcd = new Etcd({ endpoints: peer.url, timeoutMs: 50 })
    await etcdErrorOf(etcd.request({ path: '/kv/range' }), 'deadline-exceeded')
    await using patient = new Etcd({ endpoints: peer.url, apiPrefix: 'v3', timeoutMs: 60_000 })
    const request = patient.request({ path: '/kv/range', timeoutMs: 20 })
    await etcdErrorOf(request, 'deadline-exceeded')
  })

  it('S3.20: headers of a request win over the client’s, and a stranger never sees its token', async () => {
    await using peer = await startGatewayPeer((_, response) => answerJson(response, rangeOf(0)))
    await using stranger = await startGatewayPeer((_, response) => answerJson(response, {}))
    const auth = { token: 'secret' }
    const headers = { 'x-all': '1' }
    await using etcd = new Etcd({ endpoints: peer.url, auth, headers, apiPrefix: 'v3' })
    await etcd.request({ path: 'a', headers: { 'X-All': '2', authorization: 'mine' } })
    await etcd.request({ url: `${peer.url}/b?c=d` })
    await etcd.request({ url: `${stranger.url}/e`, method: 'PUT', body: 'text' })
    const seen = (request: (typeof peer.requests)[number] | undefined): unknown[] => {
      const { authorization, 'x-all': all } = request?.headers ?? {}
      return [request?.method, request?.path, authorization, all, request?.body]
    }
    assert.deepEqual(seen(peer.requests[0]), ['POST', '/v3/a', 'mine', '2', ''])
    assert.deepEqual(seen(peer.requests[1]), ['POST', '/b?c=d', 'secret', '1', ''])
    assert.deepEqual(seen(stranger.requests[0]), ['PUT', '/e', undefined, '1', 'text'])
  })

  it('S3.21: a path is within the api prefix, which is not doubled', async () => {
    await using peer = await startGatewayPeer((_, response) => answerJson(response, {}))
    await using etcd = new Etcd({ endpoints: peer.url, apiPrefix: 'proxy/v3' })
    for (const path of ['kv/put', '/kv/put', '/proxy/v3/kv/put', 'proxy/v3', '/proxy/v33/x']) {
      await etcd.request({ path })
    }
    assert.deepEqual(
      peer.requests.map(({ path }) => path),
      [
        '/proxy/v3/kv/put',
        '/proxy/v3/kv/put',
        '/proxy/v3/kv/put',
        '/proxy/v3',
        '/proxy/v3/proxy/v33/x',
      ],
    )
  })

  it('S3.22: json is sent as JSON, and not beside a body', async () => {
    await using peer = await startGatewayPeer((_, response) => answerJson(response, {}))
    await using etcd = new Etcd({ endpoints: peer.url, apiPrefix: 'v3' })
    await etcd.request({ path: 'a', json: { a: ['ü', 1, null] } })
    assert.deepEqual(JSON.parse(peer.requests[0]?.body ?? ''), { a: ['ü', 1, null] })
    const wrong: readonly object[] = [
      { path: 'a', json: {}, body: '' },
      { path: 'a', method: 'GET', body: 'x' },
      { path: 'a b' },
      { path: 'a', method: 'get it' },
      { path: 'a', body: 1 },
      { path: 'a', nope: 1 },
      { path: 'a', headers: { host: 'x' } },
      { url: 'ftp://a' },
      { url: 'nothing' },
    ]
    for (const options of wrong) {
      await assert.rejects(etcd.request(options), TypeError, JSON.stringify(options))
    }
    await assert.rejects(etcd.request({ path: 'a', timeoutMs: -1 }), RangeError)
    assert.equal(peer.requests.length, 1)
  })
})
