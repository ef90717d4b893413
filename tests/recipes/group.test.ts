// Read-write locks, semaphores, barriers, queues and counters, on every kind of server.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  barrier,
  counter,
  doubleBarrier,
  type Etcd,
  json,
  prefix,
  priorityQueue,
  queue,
  rwLock,
  semaphore,
} from 'etcdkit'
import { etcdErrorOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

async function untilCount(etcd: Etcd, name: string, count: number): Promise<void> {
  while ((await etcd.count(prefix(`${name}/`))) !== count);
}

forEachServer('recipes', (server) => {
  failOnLeaks()

  describe('rwLock', () => {
    it('many read at a time, one writes, in the order of asking', async () => {
      await using etcd = server.connect()
      const lock = rwLock(etcd, `${uniquePrefix()}rw`)
      const first = await lock.read()
      const second = await lock.read()
      assert.ok(first.key.startsWith(`${lock.name}/read/`))
      const order: string[] = []
      const writing = lock.write().then((held) => {
        order.push('write')
        return held
      })
      await untilCount(etcd, lock.name, 3)
      const third = lock.read().then((held) => {
        order.push('read')
        return held
      })
      await untilCount(etcd, lock.name, 4)
      assert.equal(await lock.tryRead(), undefined)
      assert.equal(await lock.tryWrite(), undefined)
      await first.release()
      assert.deepEqual(order, [])
      await second.release()
      const writer = await writing
      assert.ok(writer.key.startsWith(`${lock.name}/write/`))
      assert.deepEqual(order, ['write'])
      await writer.release()
      await (await third).release()
      await using free = await lock.tryWrite()
      assert.ok(free !== undefined)
    })

    it('readers get in beside readers without waiting', async () => {
      await using etcd = server.connect()
      const lock = rwLock(etcd, `${uniquePrefix()}rw`)
      await using _one = await lock.read()
      await using two = await lock.tryRead()
      assert.ok(two !== undefined)
    })

    it('a session that reads cannot ask to write, which would wait for itself', async () => {
      await using etcd = server.connect()
      await using session = await etcd.session()
      const lock = rwLock(etcd, `${uniquePrefix()}rw`)
      const reading = await lock.read({ session })
      await assert.rejects(lock.write({ session }), { name: 'TypeError' })
      await reading.release()
      await using _ = await lock.write({ session })
    })
  })

  describe('semaphore', () => {
    it('has so many holders at a time, first come, first served', async () => {
      await using etcd = server.connect()
      await using session = await etcd.session()
      const permits = semaphore(etcd, `${uniquePrefix()}s`, 2)
      let held = 0
      let most = 0
      const order: number[] = []
      const work = async (index: number): Promise<void> => {
        const permit = await permits.acquire(index % 2 === 0 ? { session } : {})
        order.push(index)
        most = Math.max(most, ++held)
        await etcd.get('a')
        held--
        await permit.release()
      }
      const first = await permits.acquire()
      const second = await permits.acquire({ session })
      assert.equal(await permits.tryAcquire(), undefined)
      const works: Promise<void>[] = []
      for (let index = 0; index < 6; index++) {
        works.push(work(index))
        await untilCount(etcd, permits.name, 3 + index)
      }
      await second.release()
      await first.release()
      await Promise.all(works)
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        [0, 1, 2, 3, 4, 5],
      )
      // With two permits, all who came before have ended but one, who may hear of its turn later.
      for (const [place, index] of order.entries()) assert.ok(place >= index - 1, `${order}`)
      assert.ok(most <= 2)
      assert.equal(await etcd.count(prefix(`${permits.name}/`)), 0)
    })

    it('bad numbers are told', async () => {
      await using etcd = server.connect()
      assert.throws(() => semaphore(etcd, 'a', 0), { name: 'RangeError' })
      // @ts-expect-error: the number is missing
      assert.throws(() => semaphore(etcd, 'a'), { name: 'TypeError' })
    })
  })

  describe('barrier', () => {
    it('holds everybody up until it is released, and has one holder', async () => {
      await using etcd = server.connect()
      const gate = barrier(etcd, `${uniquePrefix()}b`)
      await gate.wait()
      const held = await gate.hold()
      assert.equal(await gate.hold(), undefined)
      let passed = 0
      const waiting = [1, 2, 3].map(async () => {
        await gate.wait()
        passed++
      })
      await etcdErrorOf(gate.wait({ timeoutMs: 50 }), 'deadline-exceeded')
      assert.equal(passed, 0)
      await held?.release()
      await Promise.all(waiting)
      await using session = await etcd.session()
      const again = await gate.hold({ session })
      assert.ok(again !== undefined)
      await again.release()
      assert.equal(await etcd.get(gate.name), undefined)
    })
  })

  describe('doubleBarrier', () => {
    it('lets so many in together and out together', async () => {
      await using etcd = server.connect()
      const round = doubleBarrier(etcd, `${uniquePrefix()}d`, 3)
      const steps: string[] = []
      const take = async (name: string): Promise<void> => {
        const place = await round.enter()
        steps.push(`${name} in`)
        await place.leave()
        steps.push(`${name} out`)
      }
      const [a, b] = [take('a'), take('b')]
      await untilCount(etcd, `${round.name}/waiters`, 2)
      assert.equal(steps.length, 0)
      await Promise.all([a, b, take('c')])
      assert.deepEqual(
        steps.map((step) => step.slice(2)),
        ['in', 'in', 'in', 'out', 'out', 'out'],
      )
      assert.equal(await etcd.count(prefix(`${round.name}/`)), 0)
      // A second round begins from the start.
      const again = round.enter({ timeoutMs: 50 })
      await etcdErrorOf(again, 'deadline-exceeded')
      await untilCount(etcd, round.name, 0)
    })

    it('refuses one too many', async () => {
      await using etcd = server.connect()
      const round = doubleBarrier(etcd, `${uniquePrefix()}d`, 1)
      const place = await round.enter()
      await etcdErrorOf(round.enter(), 'barrier-full')
      await place.leave()
    })

    it('who is gone without a word does not keep the others', async () => {
      await using etcd = server.connect()
      const round = doubleBarrier(etcd, `${uniquePrefix()}d`, 2)
      const session = await etcd.session()
      const [place] = await Promise.all([round.enter(), round.enter({ session })])
      const left = place.leave()
      await untilCount(etcd, `${round.name}/waiters`, 1)
      await session.close()
      await left
    })
  })

  describe('queue', () => {
    it('first in, first out, each once, whoever takes', async () => {
      await using etcd = server.connect()
      const jobs = queue(etcd.keyspace(uniquePrefix(), json<number>()), 'jobs')
      for (let index = 0; index < 20; index++) await jobs.enqueue(index)
      assert.equal((await jobs.dequeue()).value, 0)
      assert.equal((await jobs.tryDequeue())?.value, 1)
      const taken: number[] = []
      const take = async (): Promise<void> => {
        for (;;) {
          const item = await jobs.tryDequeue()
          if (item === undefined) return
          taken.push(item.value)
        }
      }
      await Promise.all([take(), take(), take()])
      assert.deepEqual(
        taken.toSorted((a, b) => a - b),
        Array.from({ length: 18 }, (_, index) => index + 2),
      )
      const next = jobs.dequeue()
      await jobs.enqueue(99)
      assert.equal((await next).value, 99)
      await etcdErrorOf(jobs.dequeue({ timeoutMs: 50 }), 'deadline-exceeded')
    })
  })

  describe('priorityQueue', () => {
    it('the lowest first, and within a priority first in, first out, with the keys of Go', async () => {
      await using etcd = server.connect()
      const name = `${uniquePrefix()}p`
      const jobs = priorityQueue(etcd, name)
      await jobs.enqueue('c', { priority: 7 })
      await jobs.enqueue('a', { priority: 1 })
      await Promise.all([
        jobs.enqueue('d', { priority: 65_535 }),
        jobs.enqueue('b', { priority: 1 }),
      ])
      const { entries } = await etcd.list(prefix(`${name}/`))
      assert.deepEqual(
        entries.map(({ key }) => key.slice(name.length)),
        [
          '/00001/0000000000000000',
          '/00001/0000000000000001',
          '/00007/0000000000000000',
          '/65535/0000000000000000',
        ],
      )
      const taken: string[] = []
      for (let count = 0; count < 4; count++) taken.push((await jobs.dequeue()).value)
      assert.deepEqual(taken, ['a', 'b', 'c', 'd'])
      assert.equal(await jobs.tryDequeue(), undefined)
      await assert.rejects(jobs.enqueue('x', { priority: 65_536 }), { name: 'RangeError' })
    })
  })

  describe('counter', () => {
    it('adds what many add at a time', async () => {
      await using etcd = server.connect()
      const visits = counter(etcd, `${uniquePrefix()}c`)
      assert.equal(await visits.get(), 0)
      await Promise.all(Array.from({ length: 20 }, () => visits.add(2, { timeoutMs: 30_000 })))
      assert.equal(await visits.add(-10), 30)
      assert.equal((await etcd.get(visits.name))?.value, '30')
      assert.equal((await etcd.get(visits.name))?.version, 21)
      await assert.rejects(visits.add(0.5), { name: 'RangeError' })
      await etcd.put(visits.name, 'many')
      await etcdErrorOf(visits.get(), 'decode-failed')
    })
  })
})
