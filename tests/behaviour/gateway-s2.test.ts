// The client of section S2 of reference/existing-clients.md: how it is made, row by row.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { describe, it } from 'node:test'
import { bytes, Etcd, json, text } from 'etcdkit/gateway'
import {
  answerJson,
  rangeOf,
  startGatewayPeer,
} from '../../packages/client/test/transport/gateway/gateway-peer.ts'
import { gatewayKinds } from '../support/gateway-suites.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { createTempFolder } from '../support/temp-folder.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { keysOf } from './support/entries.ts'
import { gatewayOf } from './support/gateway.ts'

forEachServer(
  'gateway S2',
  (server) => {
    failOnLeaks()

    it('S2.1: one protocol, v3', async () => {
      await using etcd = gatewayOf(server)
      await etcd.put(`${uniquePrefix()}a`, '1')
      assert.throws(() => new Etcd({ protocol: 'v2' } as object), /no option "protocol"/)
    })

    it('S2.2: endpoints as a text, a list in one, or an array', async () => {
      const [endpoint = ''] = server.endpoints
      for (const given of [endpoint, `${endpoint},${endpoint}/`, [endpoint]]) {
        await using etcd = new Etcd(given)
        assert.equal((await etcd.put(`${uniquePrefix()}a`, '1')).previous, undefined)
      }
    })

    it('S2.3: a time to live is a lease, which goes along with each put that is to end', async () => {
      await using etcd = gatewayOf(server)
      await using lease = await etcd.lease({ ttlSeconds: 60 })
      const key = `${uniquePrefix()}a`
      await etcd.put(key, '1', { lease })
      assert.equal((await etcd.get(key))?.lease, lease.id)
      await etcd.put(key, '2')
      assert.equal((await etcd.get(key))?.lease, undefined)
    })

    it('S2.4: a prefix of all keys is a keyspace', async () => {
      await using etcd = gatewayOf(server)
      const prefix = uniquePrefix()
      const keys = etcd.keyspace(prefix)
      await keys.put('a', '1')
      assert.equal((await keys.get('a'))?.key, 'a')
      assert.equal((await etcd.get(`${prefix}a`))?.value, '1')
    })

    it('S2.6: the api prefix is found out from the version, or given in any form', async () => {
      const key = `${uniquePrefix()}a`
      for (const apiPrefix of [undefined, 'v3', '/v3', '/v3/', 'v3beta']) {
        await using etcd = gatewayOf(server, { apiPrefix })
        await etcd.put(key, '1')
      }
      await using elsewhere = gatewayOf(server, { apiPrefix: '/nowhere' })
      await assert.rejects(elsewhere.get(key), { code: 'unimplemented' })
    })

    it('S2.10: values are text, JSON, bytes, or what a codec of one’s own makes of them', async () => {
      await using etcd = gatewayOf(server)
      const prefix = uniquePrefix()
      await etcd.keyspace(prefix, json<{ n: number }>()).put('a', { n: 1 })
      assert.equal((await etcd.keyspace(prefix, text).get('a'))?.value, '{"n":1}')
      const raw = etcd.keyspace(prefix, bytes)
      const value = Uint8Array.of(0, 255, 128, 10)
      await raw.put('b', value)
      assert.deepEqual((await raw.get('b'))?.value, value)
      const numbers = etcd.keyspace(prefix, {
        encode: (number: number) => new TextEncoder().encode(`${number}`),
        decode: (given) => Number(new TextDecoder().decode(given)),
      })
      await numbers.put('c', 42)
      assert.equal((await numbers.get('c'))?.value, 42)
      // A number is no text.
      await assert.rejects(etcd.put(`${prefix}d`, 1 as unknown as string), TypeError)
    })

    it('S2.14: whoever asks for a client that has connected gets one, or an error', async () => {
      await using etcd = await Etcd.connect({ endpoints: server.endpoints })
      assert.ok(keysOf((await etcd.list('a')).entries).length <= 1)
    })
  },
  { only: gatewayKinds },
)

describe('gateway S2, options', () => {
  failOnLeaks()

  it('S2.2: the default endpoint is http://127.0.0.1:2379, and the default port 2379', async () => {
    const asked: string[] = []
    const fetch = async (url: string): Promise<Response> => {
      asked.push(new URL(url).host)
      return Response.json({})
    }
    for (const endpoints of [undefined, 'http://127.0.0.1', 'http://[::1]', 'etcd-1.example']) {
      await using etcd = new Etcd({ endpoints, fetch, apiPrefix: 'v3' })
      await etcd.get('a')
    }
    const hosts = ['127.0.0.1:2379', '127.0.0.1:2379', '[::1]:2379', 'etcd-1.example:2379']
    assert.deepEqual(asked, hosts)
  })

  it('S2.13: requests by a unix socket have the endpoint’s name in their Host', async () => {
    await using folder = createTempFolder('socket')
    const socketPath = `${folder.path}/etcd.sock`
    const hosts: unknown[] = []
    const server = createServer((request, response) => {
      hosts.push(request.headers.host)
      answerJson(response, rangeOf(0))
    })
    server.listen(socketPath)
    await once(server, 'listening')
    await using etcd = new Etcd({ endpoints: 'http://etcd.example', socketPath, apiPrefix: 'v3' })
    await etcd.get('a')
    assert.deepEqual(hosts, ['etcd.example:2379'])
    await etcd.close()
    server.close()
    await once(server, 'close')
  })

  it('S2.2: what is no endpoint is told at once', () => {
    const wrong = ['', 'ftp://a', 'http://a/path', 'http://a b', 'http://user@a', 'http://a:x', []]
    for (const endpoints of wrong) assert.throws(() => new Etcd({ endpoints }), TypeError)
  })

  it('S2.5: a time limit in milliseconds for all calls', async () => {
    await using peer = await startGatewayPeer(() => undefined)
    await using etcd = new Etcd({ endpoints: peer.url, apiPrefix: 'v3', timeoutMs: 50 })
    await assert.rejects(etcd.get('a'), { code: 'deadline-exceeded' })
    for (const timeoutMs of [-1, Number.NaN, '5']) {
      assert.throws(() => new Etcd({ timeoutMs } as object), RangeError)
    }
  })

  it('S2.11: extra headers go with every request, but for those that are not theirs to set', async () => {
    await using peer = await startGatewayPeer((_, response) => answerJson(response, rangeOf(0)))
    const headers = { 'X-Team': 'etcd', 'user-agent': 'mine' }
    await using etcd = new Etcd({ endpoints: peer.url, headers })
    await etcd.get('a')
    assert.deepEqual(
      peer.requests.map((request) => [request.headers['x-team'], request.headers['user-agent']]),
      [
        ['etcd', 'mine'],
        ['etcd', 'mine'],
      ],
    )
    const reserved = [
      'Authorization',
      'content-length',
      'Transfer-Encoding',
      'connection',
      'UPGRADE',
    ]
    for (const name of reserved) {
      assert.throws(() => new Etcd({ headers: { [name]: 'x' } }), TypeError, name)
    }
  })

  it('S2.14: what cannot be is a TypeError or a RangeError, before anything is sent', () => {
    const wrong: readonly object[] = [
      { nope: 1 },
      { auth: { username: 'a' } },
      { auth: { token: 'a\nb' } },
      { tls: { cert: 'x' } },
      { apiPrefix: '' },
      { socketPath: '' },
      { fetch: 1 },
      { fetch: globalThis.fetch, tls: {} },
      { headers: 1 },
      { connections: 0 },
    ]
    for (const options of wrong) {
      assert.throws(() => new Etcd(options), /TypeError|RangeError/, JSON.stringify(options))
    }
    assert.throws(() => new Etcd(7 as unknown as string), TypeError)
  })

  it('S2.16: endpoints are taken in turn, beginning anywhere, and the ones that work', async () => {
    await using first = await startGatewayPeer((_, response) => answerJson(response, rangeOf(0)))
    await using second = await startGatewayPeer((_, response) => answerJson(response, rangeOf(0)))
    await using etcd = new Etcd({ endpoints: [first.url, second.url], apiPrefix: 'v3' })
    for (let count = 0; count < 10; count++) await etcd.get('a')
    assert.deepEqual([first.requests.length, second.requests.length], [5, 5])
  })
})
