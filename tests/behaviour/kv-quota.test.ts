// A store that is full: writes that need space are refused, all else goes on. Section 10 of reference/server-v3.md,
// etcd's own TestKVPutError.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { AlarmAction, AlarmType, Lease, Maintenance } from '@etcdkit/protocol'
import { compare, type Etcd, EtcdError, everything, type Keyspace, op } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { keysOf } from './support/entries.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer(
  'kv quota',
  (server) => {
    failOnLeaks()

    it('what is told of writes at a time is true, also of those for which there is no space', async () => {
      await using etcd = server.connect()
      assert.deepEqual(await fill(etcd), [])
    })

    it('a full store refuses what needs space with no-space, and goes on with the rest', async () => {
      await using etcd = server.connect()
      await makeRoom(etcd)
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('before', '1')
      await fill(etcd)

      const refused: readonly [string, () => Promise<unknown>][] = [
        ['put', () => keys.put('a', '1')],
        ['put of less', () => keys.put('before', '')],
        ['putIfAbsent', () => keys.putIfAbsent('a', '1')],
        ['txn', () => keys.txn({ then: [op.put('a', '1')] })],
        [
          'txn that would not put',
          () => keys.txn({ if: [compare.missing('before')], then: [op.put('a', '1')] }),
        ],
        ['lease', () => etcd.call(Lease.leaseGrant, { TTL: 60 })],
      ]
      for (const [name, call] of refused) {
        const error = await etcdErrorOf(call(), 'no-space')
        assert.ok(error.message.endsWith(': database space exceeded'), `${name}: ${error.message}`)
      }
      assert.equal(await keys.get('a'), undefined)
      assert.equal((await keys.get('before'))?.version, 1)

      const { succeeded } = await keys.txn({ then: [op.delete('before'), op.get('a')] })
      assert.ok(succeeded)
      assert.equal(await keys.count(everything), 0)

      await makeRoom(etcd)
      await keys.put('a', '1')
    })
  },
  { flags: ['--quota-backend-bytes=262144'] },
)

/** Empties the store, and says that there is room again, which etcd does not find out by itself. */
async function makeRoom(etcd: Etcd): Promise<void> {
  const { revision } = await etcd.delete(everything)
  await etcd.compact(revision, { physical: true })
  await etcd.call(Maintenance.defragment, {})
  const { alarms } = await etcd.call(Maintenance.alarm, { action: AlarmAction.GET })
  for (const { memberID, alarm } of alarms) {
    await etcdErrorOf(etcd.put('a', '1'), 'no-space')
    await etcd.call(Maintenance.alarm, { action: AlarmAction.DEACTIVATE, memberID, alarm })
  }
}

/** Puts until the store is full and says so. Answers with what was told of the puts and is not true. */
async function fill(etcd: Etcd): Promise<string[]> {
  const keys = etcd.keyspace(uniquePrefix())
  const full = async (): Promise<boolean> => {
    const { alarms } = await etcd.call(Maintenance.alarm, { action: AlarmAction.GET })
    return alarms.some(({ alarm }) => alarm === AlarmType.NOSPACE)
  }
  const lies: string[] = []
  for (let round = 0; !(await full()); round++) {
    lies.push(...(await putAtATime(keys.keyspace(`${round}/`))))
  }
  return lies
}

// Of writes at a time etcd may find only when it applies them that there is no space, and refuse what it has applied:
// `quotaApplierV3` in its `apply.go`.
async function putAtATime(keys: Keyspace<string, string | Uint8Array>): Promise<string[]> {
  const puts = Array.from({ length: 300 }, (_, n) => keys.put(`${n}`, new Uint8Array(10_000)))
  const told = await Promise.allSettled(puts)
  const stored = new Set(keysOf((await keys.list(everything, { keysOnly: true })).entries))
  return told.flatMap((each, n) => {
    const isStored = stored.has(`${n}`)
    if (each.status === 'fulfilled') return isStored ? [] : [`put ${n} resolved, and is not there`]
    const { reason } = each
    assert.ok(reason instanceof EtcdError)
    assert.equal(reason.code, 'no-space')
    return reason.outcome === 'not-applied' && isStored ? [`put ${n} is there: ${reason}`] : []
  })
}
