// Sections S0 and S1 of reference/existing-clients.md, row by row, on every server that has the v2 API.

import assert from 'node:assert/strict'
import { before, it } from 'node:test'
import { EtcdV2, EtcdV2Error, json, type V2Options } from 'etcdkit/v2'
import { CuttingProxy } from '../support/cutting-proxy.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { untilVersionDecided, V2Client } from '../support/v2-http.ts'

const timeoutMs = 60_000

function connect(server: SuiteServer, options: V2Options = {}): EtcdV2 {
  return new EtcdV2({ endpoints: server.endpoints, prefix: uniquePrefix(), timeoutMs, ...options })
}

async function refusal(promise: Promise<unknown>, errorCode: number): Promise<EtcdV2Error> {
  const error = await promise.then(
    () => assert.fail(`not refused with ${errorCode}`),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof EtcdV2Error, String(error))
  assert.equal(error.errorCode, errorCode)
  return error
}

/** The node was given this time to live a moment ago, of which a slow machine has used up little. */
function assertLeft(node: { readonly ttlSeconds?: number | undefined }, granted: number): void {
  const { ttlSeconds } = node
  assert.ok(ttlSeconds !== undefined && ttlSeconds <= granted, `${ttlSeconds} of ${granted}`)
  assert.ok(ttlSeconds >= granted - 10, `${ttlSeconds} of ${granted}`)
}

forEachServer(
  'v2 client',
  (server) => {
    failOnLeaks()

    // etcd notes it in the store, and would change the index under the tests.
    before(async () => {
      const client = new V2Client(server.endpoints[0] ?? '')
      await untilVersionDecided(client)
      client.close()
    })

    it('S0.3, S0.5, S0.8: a prefix, and the raw answer as the server has it', async () => {
      const prefix = uniquePrefix()
      await using etcd = connect(server, { prefix })
      const { node, index } = await etcd.set('x', 'val')
      assert.deepEqual([node.key, node.value, node.modifiedIndex], ['/x', 'val', index])
      const raw = await etcd.raw({ path: `/v2/keys/${prefix}x` })
      assert.equal(raw.status, 200)
      assert.match(raw.text, new RegExp(`"key":"/${prefix}x"`))
      assert.ok(Number(raw.headers['x-etcd-index']) >= index)
      assert.equal((await etcd.raw({ path: `/v2/keys/${prefix}no` })).status, 404)
    })

    it('S0.4, S1.4: the default time to live is that of writes without one', async () => {
      await using etcd = connect(server, { ttlSeconds: 100 })
      assertLeft((await etcd.set('a', '1')).node, 100)
      assertLeft((await etcd.set('a', '1', { ttlSeconds: 50 })).node, 50)
      assert.equal((await etcd.set('a', '1', { ttlSeconds: null })).node.ttlSeconds, undefined)
      assertLeft((await etcd.mkdir('d')).node, 100)
    })

    it('S0.12 to S0.17, S1.10: reads, writes, conditions, deletes', async () => {
      await using etcd = connect(server)
      assert.equal(await etcd.get('k'), undefined)
      const created = await etcd.create('k', 'one')
      assert.deepEqual([created.action, created.prevNode], ['create', undefined])
      assert.equal((await refusal(etcd.create('k', 'two'), 105)).code, 'already-exists')
      const missing = await refusal(etcd.update('no/such', '1'), 100)
      assert.deepEqual([missing.status, missing.outcome], [404, 'not-applied'])
      assert.match(missing.cause, /\/no$/)
      const updated = await etcd.update('k', 'two', { prevIndex: created.index })
      assert.deepEqual([updated.prevNode?.value, updated.node.value], ['one', 'two'])
      const stale = await refusal(etcd.update('k', 'three', { prevIndex: created.index }), 101)
      assert.equal(stale.cause, `[${created.index} != ${updated.index}]`)
      const swapped = await etcd.compareAndSwap('k', 'three', { prevValue: 'two' })
      assert.equal(swapped.action, 'compareAndSwap')
      await refusal(etcd.compareAndSwap('k', 'four', { prevValue: 'two' }), 101)
      await refusal(etcd.compareAndDelete('k', { prevValue: 'two' }), 101)
      const deleted = await etcd.compareAndDelete('k', { prevIndex: swapped.index })
      assert.deepEqual([deleted.action, deleted.prevNode?.value], ['compareAndDelete', 'three'])
      await refusal(etcd.delete('k'), 100)
      const brief = await etcd.set('k', 'x', { noValueOnSuccess: true })
      assert.deepEqual([brief.action, brief.node], ['set', undefined])
      assert.equal((await etcd.set('empty')).node.value, '')
    })

    it('S0.11: values by a codec; keys are cleaned and escaped', async () => {
      await using etcd = connect(server)
      const typed = etcd.keyspace('apps', json<{ port: number }>())
      await typed.set('a//b/../ö &=?#%+', { port: 1 })
      assert.deepEqual((await typed.get('/a/ö &=?#%+'))?.value, { port: 1 })
      const raw = await etcd.get('apps/a/ö &=?#%+')
      assert.equal(raw?.value, '{"port":1}')
      assert.deepEqual(await typed.get('../../apps/a'), undefined)
      await etcd.set('apps/bad', '{')
      const bad = await typed.get('bad')
      assert.throws(() => bad?.value, { code: 'decode-failed' })
    })

    it('S0.20 to S0.26, S1.13, S1.14: directories', async () => {
      await using etcd = connect(server)
      await etcd.mkdir('d')
      await refusal(etcd.mkdir('d'), 102)
      await refusal(etcd.mkdir('d', { exclusive: true }), 105)
      assert.deepEqual(await etcd.list('d'), [])
      const first = await etcd.push('d', 'one')
      const second = await etcd.push('d', 'two')
      assert.ok(first.node.key < second.node.key)
      await etcd.set('d/sub/x', '1')
      await etcd.set('d/_hidden', '1')
      const direct = await etcd.list('d')
      assert.deepEqual(
        direct.map(({ dir, value }) => [dir, value]),
        [
          [false, 'one'],
          [false, 'two'],
          [true, undefined],
        ],
      )
      const [, , sub] = await etcd.list('d', { recursive: true, quorum: true })
      assert.deepEqual(
        sub?.nodes?.map(({ key }) => key),
        ['/d/sub/x'],
      )
      assert.equal((await etcd.get('d/_hidden'))?.value, '1')
      await refusal(etcd.list('d/sub/x'), 104)
      await refusal(etcd.push('d/sub/x', '1'), 104)
      await refusal(etcd.rmdir('d'), 108)
      assert.equal((await etcd.rmdir('d', { recursive: true })).node.dir, true)
      await refusal(etcd.list('d'), 100)
    })

    it('S1.15: setTtl and refresh keep the value', async () => {
      await using etcd = connect(server)
      await etcd.set('t', '')
      assertLeft((await etcd.setTtl('t', 90)).node, 90)
      assert.equal((await etcd.setTtl('t', null)).node.ttlSeconds, undefined)
      await etcd.set('t', 'kept')
      await etcd.refresh('t', 80)
      const node = await etcd.get('t')
      assert.ok(node)
      assert.equal(node.value, 'kept')
      assertLeft(node, 80)
      await refusal(etcd.refresh('no', 80), 100)
      await refusal(etcd.setTtl('no', 80), 100)
    })

    it('S0.18, S0.19, S0.25, S1.7, S1.12: wait', async () => {
      await using etcd = connect(server)
      const { index } = await etcd.set('w/a', '1')
      assert.equal((await etcd.wait('w/a', { waitIndex: index })).node.value, '1')
      const waiting = etcd.wait('w', { waitIndex: index + 2, recursive: true, timeoutMs: 0 })
      await etcd.set('w/b', 'skipped')
      await etcd.set('w/c', 'taken')
      assert.equal((await waiting).node.value, 'taken')
      await assert.rejects(etcd.wait('w/a', { timeoutMs: 20 }), { code: 'deadline-exceeded' })
      const reason = new Error('enough')
      await assert.rejects(etcd.wait('w/a', { signal: AbortSignal.abort(reason) }), reason)
    })

    for (const stream of [false, true]) {
      it(`watch misses nothing over broken connections, stream ${stream}`, async () => {
        const cuts = Array.from(
          { length: 12 },
          (_, at) => ({ bytes: 150 + 97 * at, mode: at % 2 === 0 ? 'reset' : 'end' }) as const,
        )
        await using proxy = await CuttingProxy.start(server.endpoints[0] ?? '', cuts)
        const prefix = uniquePrefix()
        await using writer = connect(server, { prefix })
        await using etcd = connect(server, { prefix, endpoints: proxy.endpoint })
        await using watch = etcd.watch('seq', { recursive: true, stream })
        await watch.ready
        const written: number[] = []
        const writing = (async () => {
          for (let n = 0; n < 60; n++)
            written.push((await writer.set(`seq/${n % 7}`, `${n}`)).index)
        })()
        const seen: number[] = []
        for await (const event of watch) {
          seen.push(event.index)
          if (seen.length === 60) break
        }
        await writing
        assert.deepEqual(seen, written)
      })
    }

    it('a lost history throws, or is read again', async () => {
      await using etcd = connect(server)
      const { index } = await etcd.set('h', 'first')
      for (let n = 0; n < 1100; n += 50) {
        await Promise.all(
          Array.from({ length: 50 }, () => etcd.set('other', 'x', { noValueOnSuccess: true })),
        )
      }
      const lost = await refusal(etcd.wait('h', { waitIndex: index }), 401)
      assert.deepEqual([lost.code, lost.status], ['compacted', 400])
      await using watch = etcd.watch('h', { from: index, onHistoryLost: 'resync' })
      const items = watch[Symbol.asyncIterator]()
      const { value: resync } = await items.next()
      assert.deepEqual([resync?.action, resync?.node?.value], ['resync', 'first'])
      await etcd.set('h', 'second')
      const { value: next } = await items.next()
      assert.deepEqual([next?.action, next?.node?.value], ['set', 'second'])
      await items.return?.()
    })

    it('S0.27 to S0.30, S1.16, S1.17, S1.20: version, statistics, machines, members, leader', async () => {
      await using etcd = connect(server)
      assert.equal((await etcd.version()).etcdserver, server.version)
      assert.equal(typeof (await etcd.stats.self()).leaderInfo.leader, 'string')
      assert.equal(typeof (await etcd.stats.store()).compareAndSwapFail, 'number')
      assert.equal(typeof (await etcd.stats.leader()).leader, 'string')
      assert.deepEqual(await etcd.machines(), server.endpoints)
      const members = await etcd.members.list()
      assert.deepEqual([await etcd.leader()], members)
      const [machine] = await etcd.admin.machines()
      assert.deepEqual([machine?.name, machine?.state], [members[0]?.name, 'leader'])
      assert.deepEqual(await etcd.refreshHosts(), server.endpoints)
    })

    it('S0.32: users and roles, by Basic auth', async () => {
      await using root = connect(server, { auth: { username: 'root', password: 'secret' } })
      const read = 'reading'
      await root.auth.setUser('root', 'secret')
      await root.auth.addRole(read, { read: ['/open/*'] })
      await root.auth.setUser('ann', 'pass')
      assert.deepEqual((await root.auth.updateUser('ann', { grant: [read] })).roles, [read])
      await root.raw({ path: '/v2/keys/open/a', method: 'PUT', form: { value: '1' } })
      await root.auth.enable()
      try {
        assert.equal(await root.auth.isEnabled(), true)
        await using ann = connect(server, {
          prefix: '/',
          auth: { username: 'ann', password: 'pass' },
        })
        assert.equal((await ann.list('open', { recursive: true })).length, 1)
        assert.equal((await refusal(ann.set('open/a', '2'), 110)).code, 'unauthenticated')
        await using wrong = connect(server, { auth: { username: 'ann', password: 'no' } })
        assert.equal((await refusal(wrong.get('open/a'), 110)).status, 401)
      } finally {
        await root.auth.disable()
      }
      const updated = await root.auth.updateRole(read, { grant: { write: ['/open/*'] } })
      assert.deepEqual([updated.read, updated.write], [['/open/*'], ['/open/*']])
      assert.ok((await root.auth.users()).some(({ user }) => user === 'ann'))
      await root.auth.removeUser('ann')
      await root.auth.removeRole(read)
    })

    it('S0.7, S1.9, S1.11: wrong arguments throw before anything is sent', async () => {
      await using etcd = connect(server, { endpoints: 'http://127.0.0.1:1' })
      await assert.rejects(etcd.compareAndSwap('a', 'b', { prevIndex: 0 }), RangeError)
      await assert.rejects(etcd.compareAndSwap('a', 'b', { prevValue: '' }), TypeError)
      await assert.rejects(etcd.compareAndDelete('a', {}), TypeError)
      await assert.rejects(etcd.set('a', 'b', { ttlSeconds: 1.5 }), RangeError)
      await assert.rejects(etcd.set('\ud800', 'b'), TypeError)
      for (const options of [{ ttlSeconds: 1.01 }, { prefix: 1 }, { auth: true }, { nothing: 1 }]) {
        assert.throws(() => new EtcdV2(options as unknown as V2Options), /must|no option/)
      }
    })

    it('S0.31, S1.23: another endpoint takes what the first cannot', async () => {
      const [endpoint = ''] = server.endpoints
      await using etcd = connect(server, { endpoints: ['http://127.0.0.1:1', endpoint] })
      for (let n = 0; n < 4; n++) await etcd.set('f', `${n}`)
      assert.equal((await etcd.get('f', { consistent: true }))?.value, '3')
      const error = await connectRefused()
      assert.deepEqual([error.code, error.outcome], ['tcp-failed', 'not-applied'])
    })
  },
  { v2: true, only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'] },
)

async function connectRefused(): Promise<{ code: string; outcome: string | undefined }> {
  await using etcd = new EtcdV2({ endpoints: 'http://127.0.0.1:1', timeoutMs: 1000 })
  return await etcd.set('a', '1').then(
    () => assert.fail('there is nobody'),
    (error) => error,
  )
}
