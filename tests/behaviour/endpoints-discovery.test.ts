// Clusters found by a discovery URL, with an etcd that serves v2 as the discovery service.

import assert from 'node:assert/strict'
import { before, it } from 'node:test'
import { discovery, Etcd } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { reservePorts } from '../support/ports.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { startDiscovering } from './support/discovering-etcd.ts'
import { etcdErrorOf } from './support/rejections.ts'

const { signal } = new AbortController()

forEachServer(
  'discovery',
  (server) => {
    failOnLeaks()

    /** The members of the server itself. */
    let peers: readonly string[] = []
    before(async () => {
      await using etcd = server.connect()
      const { members } = await etcd.cluster.list()
      peers = members.flatMap(({ peerUrls }) => peerUrls)
    })

    /** Registers members under a token of their own, as etcd does, and answers the discovery URL. */
    async function register(...values: readonly string[]): Promise<string> {
      const url = `${server.endpoints[0]}/v2/keys/_etcd/registry/${uniquePrefix().slice(0, -1)}`
      await put(`${url}/_config/size`, String(Math.max(1, values.length)))
      for (const [n, value] of values.entries()) {
        await put(`${url}/${(0xf000 + n).toString(16)}?prevExist=false`, value)
      }
      return url
    }

    async function put(url: string, value: string): Promise<void> {
      const response = await fetch(url, { method: 'PUT', body: new URLSearchParams({ value }) })
      assert.equal(response.status, 201, await response.text())
    }

    it('finds where members listen for clients, by asking any of those that registered', async () => {
      // The second has moved away since.
      await using reserved = await reservePorts(1)
      const url = await register(`m0=${peers[0]}`, `m1=http://127.0.0.1:${reserved.ports[0]}`)
      await using etcd = new Etcd({ endpoints: discovery(url) })
      assert.deepEqual(etcd.endpoints, [])
      const key = `${uniquePrefix()}a`
      await etcd.put(key, '1')
      assert.equal((await etcd.get(key))?.value, '1')
      assert.deepEqual(etcd.endpoints, server.endpoints)
    })

    it('finds a cluster that found itself by the same URL, as etcd --discovery does', async () => {
      const url = `${server.endpoints[0]}/v2/keys/_etcd/registry/${uniquePrefix().slice(0, -1)}`
      await put(`${url}/_config/size`, '2')
      await using first = await startDiscovering(url)
      await using second = await startDiscovering(url)
      await using etcd = new Etcd({ endpoints: discovery(url), timeoutMs: 30_000 })
      const key = `${uniquePrefix()}a`
      const { revision } = await etcd.put(key, '1')
      assert.deepEqual([...etcd.endpoints].sort(), [first.endpoint, second.endpoint].sort())
      for (const { endpoint } of [first, second]) {
        assert.equal((await etcd.get(key, { endpoint }))?.modRevision, revision)
      }
    })

    it("takes etcd's usual ports where no member answers, in the form of etcd 2 and in the older one", async () => {
      const url = await register(
        'm0=http://127.0.0.2:2380&m0=http://[::1]:7001',
        'http://127.0.0.3:1',
      )
      const refusing: typeof fetch = (target, init) =>
        String(target).startsWith(url)
          ? fetch(target, init)
          : Promise.reject(new TypeError('fetch failed'))
      assert.deepEqual(await discovery(url, { fetch: refusing }).resolve(signal), [
        'http://127.0.0.2:2379',
        'http://[::1]:4001',
        'http://127.0.0.3:2379',
      ])
    })

    it('tells when nobody has registered, when there is no such token, and when there is no service', async () => {
      await using reserved = await reservePorts(1)
      const nowhere = `127.0.0.1:${reserved.ports[0]}`
      for (const [url, fact] of [
        [await register(), 'no member has registered'],
        [`${await register()}-unknown`, 'it answered HTTP 404'],
        [`http://${nowhere}/token`, `connect ECONNREFUSED ${nowhere}`],
      ] as const) {
        const { origin } = new URL(url)
        const error = await etcdErrorOf(discovery(url).resolve(signal), 'connection-failed')
        assert.equal(error.message, `cannot find endpoints at ${origin}: ${fact}`)
      }
      assert.throws(() => discovery('discovery.etcd.io/token'), TypeError)
    })
  },
  { v2: true, only: ['etcd 3.4'] },
)
