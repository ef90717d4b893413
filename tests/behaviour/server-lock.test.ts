// Locks and elections kept by the server, over its own RPCs. Section 13 of reference/server-v3.md.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Etcd, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { grantLease, revokeLease } from './support/leases.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'

forEachServer('server lock', (server) => {
  failOnLeaks()

  /** Resolves when `count` keys stand in the queue of `name`. */
  async function queued(etcd: Etcd, name: string, count: number): Promise<void> {
    const isQueued = async (): Promise<boolean> => (await etcd.count(prefix(`${name}/`))) === count
    await pollUntil(isQueued, { what: `${count} to queue`, deadlineMs: 30_000 })
  }

  describe('lockService', () => {
    it('lock takes a lock that is free, by a key that its lease holds, and unlock gives it back', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const lease = await grantLease(etcd)
      const { key, revision } = await etcd.lockService.lock(name, { lease })
      assert.equal(key, `${name}/${BigInt(lease).toString(16)}`)
      const entry = await etcd.get(key)
      assert.deepEqual([entry?.value, entry?.lease], ['', lease])
      assert.ok(revision >= (entry?.createRevision ?? Number.NaN))
      // Again by the same lease: the same lock.
      assert.equal((await etcd.lockService.lock(name, { lease })).key, key)
      await etcd.lockService.unlock(key)
      assert.equal(await etcd.get(key), undefined)
      await etcd.lockService.unlock(key)
      await revokeLease(etcd, lease)
    })

    it('lock waits for those before it, in their order, however they end', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const leases = await Promise.all([1, 2, 3].map(() => grantLease(etcd)))
      const [first = '', second = '', third = ''] = leases
      const { key } = await etcd.lockService.lock(name, { lease: first })
      const order: string[] = []
      const take = async (lease: string): Promise<void> => {
        await etcd.lockService.lock(name, { lease })
        order.push(lease)
      }
      const secondTaken = take(second)
      await queued(etcd, name, 2)
      const thirdTaken = take(third)
      await queued(etcd, name, 3)
      assert.deepEqual(order, [])
      await etcd.lockService.unlock(key)
      await secondTaken
      assert.deepEqual(order, [second])
      // The one that holds it dies.
      await revokeLease(etcd, second)
      await thirdTaken
      assert.deepEqual(order, [second, third])
    })

    it('lock that is aborted, or late, leaves the queue', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const { key } = await etcd.lockService.lock(name)
      const controller = new AbortController()
      const { signal } = controller
      const waiting = etcd.lockService.lock(name, { signal })
      const aborted = rejectionOf(waiting)
      await queued(etcd, name, 2)
      controller.abort('enough')
      assert.equal(await aborted, 'enough')
      // The server learns of it when it does: what comes over another connection may be sooner.
      await queued(etcd, name, 1)
      const late = etcd.lockService.lock(name, { timeoutMs: 50 })
      const error = await etcdErrorOf(late, 'deadline-exceeded')
      assert.ok(error.message.startsWith(`Cannot lock "${name}": `))
      assert.equal(error.outcome, 'unknown')
      await queued(etcd, name, 1)
      await etcd.lockService.unlock(key)
      // Whoever comes next is not held up by those who left.
      const next = await etcd.lockService.lock(name, { timeoutMs: 30_000 })
      await etcd.lockService.unlock(next.key)
    })

    it('lock by a lease that is none rejects with lease-not-found', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const error = await etcdErrorOf(
        etcd.lockService.lock(name, { lease: '7' }),
        'lease-not-found',
      )
      assert.equal(error.message, `Cannot lock "${name}": requested lease not found`)
    })
  })

  describe('electionService', () => {
    it('campaign leads where nobody does; leader, proclaim and resign follow', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const { electionService } = etcd
      assert.equal(await electionService.leader(name), undefined)
      const lease = await grantLease(etcd)
      const leadership = await electionService.campaign(name, 'a', { lease })
      assert.equal(leadership.lease, lease)
      assert.equal(leadership.key, `${name}/${BigInt(lease).toString(16)}`)
      const leader = await electionService.leader(name)
      assert.deepEqual(
        [leader?.key, leader?.value, leader?.createRevision, leader?.lease],
        [leadership.key, 'a', leadership.revision, lease],
      )
      await electionService.proclaim(leadership, 'b')
      assert.equal((await electionService.leader(name))?.value, 'b')
      // Again by the same lease: the same leadership, another value.
      assert.deepEqual(await electionService.campaign(name, 'c', { lease }), leadership)
      assert.equal((await electionService.leader(name))?.value, 'c')
      await electionService.resign(leadership)
      assert.equal(await electionService.leader(name), undefined)
      await electionService.resign(leadership)
      await etcdErrorOf(electionService.proclaim(leadership, 'd'), 'election-not-leader')
      await revokeLease(etcd, lease)
    })

    it('campaign waits for the leader to go, and observe tells every one and all they proclaim', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const { electionService } = etcd
      const [first, second] = await Promise.all([grantLease(etcd), grantLease(etcd)])
      const seen: string[] = []
      let told = (): void => undefined
      const observing = (async () => {
        for await (const { value } of electionService.observe(name)) {
          seen.push(value)
          told()
          if (value === 'd') return
        }
      })()
      const until = (value: string): Promise<void> =>
        new Promise((resolve) => {
          told = () => {
            if (seen.at(-1) === value) resolve()
          }
          told()
        })
      const leadership = await electionService.campaign(name, 'a', { lease: first })
      await until('a')
      await electionService.proclaim(leadership, 'b')
      await until('b')
      const successor = electionService.campaign(name, 'c', { lease: second })
      await queued(etcd, name, 2)
      assert.equal((await electionService.leader(name))?.value, 'b')
      await revokeLease(etcd, first)
      const succeeded = await successor
      await until('c')
      await electionService.proclaim(succeeded, 'd')
      await observing
      assert.deepEqual(seen, ['a', 'b', 'c', 'd'])
      await revokeLease(etcd, second)
    })

    it('campaign that is aborted stands no more', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const { electionService } = etcd
      const leadership = await electionService.campaign(name, 'a')
      const controller = new AbortController()
      const { signal } = controller
      const aborted = rejectionOf(electionService.campaign(name, 'b', { signal }))
      await queued(etcd, name, 2)
      controller.abort('enough')
      assert.equal(await aborted, 'enough')
      await queued(etcd, name, 1)
      await electionService.resign(leadership)
      const next = await electionService.campaign(name, 'c', { timeoutMs: 30_000 })
      assert.equal((await electionService.leader(name))?.value, 'c')
      await electionService.resign(next)
    })

    it('names and values may be any bytes', async () => {
      await using etcd = server.connect()
      const name = Uint8Array.from([0xff, ...Buffer.from(uniquePrefix())])
      const value = Uint8Array.of(0xfe, 0)
      const leadership = await etcd.electionService.campaign(name, value)
      assert.ok(leadership.name instanceof Uint8Array && leadership.key instanceof Uint8Array)
      const leader = await etcd.electionService.leader(name)
      assert.deepEqual([...(leader?.valueBytes ?? [])], [...value])
      await etcd.electionService.resign(leadership)
      const { key } = await etcd.lockService.lock(name)
      assert.ok(key instanceof Uint8Array)
      await etcd.lockService.unlock(key)
    })

    it('a leadership that was never had is refused', async () => {
      await using etcd = server.connect()
      const name = uniquePrefix()
      const nobody = { name, key: `${name}/7`, revision: 7, lease: '7' }
      await etcdErrorOf(etcd.electionService.proclaim(nobody, 'a'), 'election-not-leader')
    })
  })
})
