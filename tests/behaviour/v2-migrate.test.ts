// `migrate`: a v2 tree copied into v3, key by key.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { everything } from 'etcdkit'
import { EtcdV2, MigrateError, migrate } from 'etcdkit/v2'
import * as undici from 'undici'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { contents, fill, openWorld } from './support/v2-tree.ts'

forEachServer(
  'v2 migrate',
  (server) => {
    failOnLeaks()

    it('keys, resumed after a cut: each with its value, none twice', async () => {
      await using world = openWorld(server)
      const { v2, v3 } = world
      // More than one server in this process can write in no time.
      const count = server.kind === 'etcd 3.5' ? 5000 : 1000
      const expected = await fill(v2, count)
      const dry = await migrate(v2, v3, { dryRun: true })
      const there = await v3.count(everything)
      assert.deepEqual([dry.copied, dry.directories, there], [count, 1 + 7 + 7 * 11, 0])
      const reason = new Error('cut')
      const controller = new AbortController()
      let last = 0
      const cut = migrate(v2, v3, {
        concurrency: 1,
        signal: controller.signal,
        onProgress: ({ copied }) => {
          assert.ok(copied >= last)
          last = copied
          if (copied >= count / 5) controller.abort(reason)
        },
      })
      await assert.rejects(cut, reason)
      const before = await v3.count(everything)
      assert.ok(before >= count / 5 && before < count)
      const resumed = await migrate(v2, v3, { concurrency: 8 })
      assert.deepEqual([resumed.copied, resumed.unchanged], [count - before, before])
      assert.deepEqual(await contents(v3), expected)
      // What the first run wrote, the second did not write again.
      for await (const { version } of v3.scan(everything)) assert.equal(version, 1)
    })

    it('what ends in the same second shares a lease, a directory’s time is its keys’', async () => {
      await using world = openWorld(server)
      const { v2, v3, etcd } = world
      await v2.set('forever', 'x')
      await v2.mkdir('mortal', { ttlSeconds: 1000 })
      for (const key of ['mortal/a', 'mortal/b', 'mortal/c/d']) await v2.set(key, 'x')
      await v2.set('mortal/long', 'x', { ttlSeconds: 5000 })
      await v2.set('mortal/short', 'x', { ttlSeconds: 500 })
      const { copied, leases } = await migrate(v2, v3)
      assert.deepEqual([copied, leases], [6, 2])
      const leaseOf = async (key: string) => (await v3.get(key))?.lease
      assert.equal(await leaseOf('/forever'), undefined)
      const shared = (await leaseOf('/mortal/a')) ?? ''
      for (const key of ['/mortal/b', '/mortal/c/d', '/mortal/long']) {
        assert.equal(await leaseOf(key), shared)
      }
      const left = (await etcd.leases.timeToLive(shared))?.ttlSeconds ?? 0
      assert.ok(left > 900 && left <= 1000, `${left}`)
      const short = (await etcd.leases.timeToLive((await leaseOf('/mortal/short')) ?? ''))
        ?.grantedTtlSeconds
      assert.ok(short !== undefined && short > 400 && short <= 500, `${short}`)
      const again = await migrate(v2, v3)
      assert.deepEqual([again.unchanged, again.copied, again.leases], [6, 0, 0])
    })

    it('another value in v3 is never written over unasked', async () => {
      await using world = openWorld(server)
      const { v2, v3 } = world
      await v2.set('a/same', '1')
      await v2.set('a/other', '1')
      await v2.set('a/_hidden', '1')
      await v3.put('x/same', '1')
      await v3.put('x/other', '2')
      const key = (each: string) => each.replace('/a/', 'x/')
      const refused = await migrate(v2, v3, { key }).then(
        () => assert.fail('written over'),
        (error: unknown) => error,
      )
      assert.ok(refused instanceof MigrateError)
      assert.deepEqual([refused.code, refused.keys], ['already-exists', ['/a/other']])
      assert.equal((await v3.get('x/other'))?.value, '2')
      const dry = await migrate(v2, v3, { key, dryRun: true })
      assert.deepEqual([dry.differing, dry.differingKeys], [1, ['/a/other']])
      const skipped = await migrate(v2, v3, { key, onConflict: 'skip' })
      assert.deepEqual([skipped.differing, skipped.unchanged], [1, 1])
      const over = await migrate(v2, v3, { key, onConflict: 'overwrite' })
      assert.deepEqual([over.overwritten, over.unchanged], [1, 1])
      assert.equal((await v3.get('x/other'))?.value, '1')
      const some = await migrate(v2, v3, { key: (each) => (/same/.test(each) ? 's' : undefined) })
      assert.deepEqual([some.copied, (await v3.get('s'))?.value], [1, '1'])
    })

    it('what is written while it runs is found by the verification', async () => {
      const prefix = uniquePrefix()
      const agent = new undici.Agent()
      await using etcd = server.connect({ timeoutMs: 60_000 })
      const v3 = etcd.keyspace(prefix)
      let reads = 0
      // The second time that the directory is read is for the verification.
      const fetch = async (url: string, init: RequestInit): Promise<Response> => {
        if (init.method === 'GET' && ++reads === 2) await v3.put('/a', 'meanwhile')
        const given = { ...init, dispatcher: agent } as unknown as undici.RequestInit
        return (await undici.fetch(url, given)) as unknown as Response
      }
      await using v2 = new EtcdV2({ endpoints: server.endpoints, prefix, fetch, timeoutMs: 60_000 })
      await v2.set('a', '1')
      await assert.rejects(migrate(v2, v3), {
        name: 'MigrateError',
        code: 'failed-precondition',
        keys: ['/a'],
      })
      await agent.close()
    })

    it('wrong arguments are refused before anything is sent', async () => {
      await using world = openWorld(server)
      const { v2, v3 } = world
      for (const options of [{ concurrency: 0 }, { onConflict: 'x' }, { nothing: 1 }, { key: 1 }]) {
        await assert.rejects(
          migrate(v2, v3, options as object),
          /^(Type|Range)Error: Cannot migrate/,
        )
      }
      await assert.rejects(migrate(v2.keyspace('no'), v3), /Cannot migrate: there is no such/)
    })
  },
  { v2: true, only: ['embedded (gRPC)', 'etcd 3.5'] },
)
