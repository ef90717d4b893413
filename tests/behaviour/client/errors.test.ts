// What the client's calls reject with, on real servers.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactedError, Etcd, EtcdError, everything } from 'etcdkit'
import { failOnLeaks } from '../../support/leaks.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

forEachServer('client errors', (server) => {
  failOnLeaks()

  it('reading in the future, or what is compacted, is told by code', async () => {
    await using etcd = new Etcd(server.endpoints)
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    await keys.put('a', '2')
    await assert.rejects(keys.get('a', { revision: revision + 1000 }), {
      code: 'future-revision',
      message: 'Cannot get "a": required revision is a future revision',
    })
    await etcd.compact(revision + 1)
    await assert.rejects(keys.get('a', { revision }), (error) => {
      assert.ok(error instanceof CompactedError)
      assert.equal(error.code, 'compacted')
      return true
    })
    assert.equal((await keys.get('a', { revision: revision + 1 }))?.value, '2')
    await assert.rejects(etcd.compact(revision), { code: 'compacted' })
    await assert.rejects(etcd.compact(revision + 1000), {
      code: 'future-revision',
      message: `Cannot compact at revision ${revision + 1000}: required revision is a future revision`,
    })
    const compacted = await etcd.compact((await keys.put('a', '3')).revision, { physical: true })
    assert.ok(compacted.revision > revision)
  })

  it('aborted calls reject with the reason of the signal', async () => {
    await using etcd = new Etcd(server.endpoints)
    const reason = { mine: true }
    const signal = AbortSignal.abort(reason)
    const calls: readonly Promise<unknown>[] = [
      etcd.put('a', 'x', { signal }),
      etcd.get('a', { signal }),
      etcd.list(everything, { signal }),
      etcd.scan(everything, { signal }).next(),
      etcd.txn({}, { signal }),
      etcd.leases.list({ signal }),
    ]
    await Promise.all(calls.map((call) => assert.rejects(call, (error) => error === reason)))
  })

  it('a closed client rejects everything with closed, at once', async () => {
    const etcd = new Etcd(server.endpoints)
    await etcd.put('a', 'x')
    const keys = etcd.keyspace('k/')
    await etcd.close()
    await etcd.close()
    const calls: readonly Promise<unknown>[] = [
      etcd.put('a', 'x'),
      keys.get('a'),
      keys.delete(everything),
      etcd.scan(everything).next(),
      etcd.lease({ ttlSeconds: 60 }),
      etcd.leases.keepAliveOnce('7'),
      etcd.watch('a').ready,
    ]
    const isClosed = (error: unknown): boolean => {
      assert.ok(error instanceof EtcdError)
      assert.equal(error.code, 'closed')
      assert.match(error.message, /^Cannot /)
      return true
    }
    await Promise.all(calls.map((call) => assert.rejects(call, isClosed)))
  })
})

describe('client errors without a server', () => {
  failOnLeaks()

  it('a server that is not there is told by code within the time given', async () => {
    await using etcd = new Etcd({ endpoints: 'http://127.0.0.1:1', timeoutMs: 2000 })
    const calls: readonly Promise<unknown>[] = [
      etcd.put('a', 'x'),
      etcd.lease({ ttlSeconds: 60 }),
      etcd.watch('a').ready,
      etcd.leases.keepAliveOnce('7'),
    ]
    const refused = { name: 'EtcdError', code: 'tcp-failed' }
    await Promise.all(calls.map((call) => assert.rejects(call, refused)))
  })
})
