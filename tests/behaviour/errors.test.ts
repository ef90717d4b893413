// What a refused call rejects with: the code, the action and the fact, what became of the write, who said it, and the
// cause.

import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { KV } from '@etcdkit/protocol'
import {
  CompactedError,
  type Etcd,
  EtcdError,
  type EtcdErrorCode,
  everything,
  from,
  type Keyspace,
  type Outcome,
  op,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { closedMessage, endpointOf } from './support/door.ts'
import { collect } from './support/entries.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'

/** What a case has at hand: a keyspace with the key `a`, and a revision that is still to come. */
interface World {
  readonly etcd: Etcd
  readonly keys: Keyspace<string, string | Uint8Array>
  readonly future: number
}

interface ErrorCase {
  readonly call: (world: World) => Promise<unknown>
  readonly code: EtcdErrorCode
  readonly message: string
  readonly outcome: Outcome | undefined
}

const unknownLease = { lease: '77' }
const noLease = 'requested lease not found'
const isFuture = 'required revision is a future revision'

function write(message: string, code: EtcdErrorCode, call: ErrorCase['call']): ErrorCase {
  return { call, code, message, outcome: 'not-applied' }
}

function read(message: string, call: ErrorCase['call']): ErrorCase {
  return { call, code: 'future-revision', message, outcome: undefined }
}

const cases: readonly ErrorCase[] = [
  write(`Cannot put "a/b": ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.put('a/b', '1', unknownLease),
  ),
  write(`Cannot put "ключ": ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.put('ключ', '1', unknownLease),
  ),
  write(`Cannot put "a\\nb": ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.put('a\nb', '1', unknownLease),
  ),
  write(`Cannot put 0x61ff: ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.put(new Uint8Array([0x61, 0xff]), '1', unknownLease),
  ),
  write('Cannot put "b": key not found', 'key-not-found', ({ keys }) =>
    keys.put('b', undefined, { ignoreValue: true }),
  ),
  write('Cannot put "a": request is too large', 'request-too-large', ({ keys }) =>
    keys.put('a', new Uint8Array(1_600_000)),
  ),
  write(`Cannot put "b" if absent: ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.putIfAbsent('b', '1', unknownLease),
  ),
  write(`Cannot put "a" if present: ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.putIfPresent('a', '1', unknownLease),
  ),
  write(`Cannot compare and swap "a": ${noLease}`, 'lease-not-found', ({ keys }) =>
    keys.compareAndSwap('a', '1', { version: 1 }, unknownLease),
  ),
  write(
    'Cannot run the transaction: duplicate key given in txn request',
    'duplicate-key',
    ({ keys }) => keys.txn({ then: [op.put('a', '1'), op.put('a', '2')] }),
  ),
  write('Cannot call etcdserverpb.KV/Put: key is not provided', 'empty-key', ({ etcd }) =>
    etcd.call(KV.put, {}),
  ),
  read(`Cannot get "a": ${isFuture}`, ({ keys, future }) => keys.get('a', { revision: future })),
  read(`Cannot list prefix "a/": ${isFuture}`, ({ keys, future }) =>
    keys.list(prefix('a/'), { revision: future }),
  ),
  read(`Cannot list range "a" to "c": ${isFuture}`, ({ keys, future }) =>
    keys.list(range('a', 'c'), { revision: future }),
  ),
  read(`Cannot count from "a": ${isFuture}`, ({ keys, future }) =>
    keys.count(from('a'), { revision: future }),
  ),
  read(`Cannot scan all keys: ${isFuture}`, ({ keys, future }) =>
    collect(keys.scan(everything, { revision: future })),
  ),
  read(`Cannot list ${JSON.stringify('k'.repeat(128))}…: ${isFuture}`, ({ keys, future }) =>
    keys.list('k'.repeat(300), { revision: future }),
  ),
]

forEachServer('errors', (server) => {
  failOnLeaks()

  async function world(etcd: Etcd): Promise<World> {
    const keys = etcd.keyspace(uniquePrefix())
    const { revision } = await keys.put('a', '1')
    return { etcd, keys, future: revision + 1 }
  }

  describe('an error of the server', () => {
    for (const { call, code, message, outcome } of cases) {
      it(message, async () => {
        await using etcd = server.connect()
        const given = await world(etcd)
        const error = await etcdErrorOf(call(given), code)
        assert.equal(error.message, message)
        assert.equal(error.name, 'EtcdError')
        assert.equal(error.outcome, outcome)
        assert.equal(error.endpoint, endpointOf(server))
        const { cause } = error
        assert.ok(cause instanceof EtcdError && cause !== error)
        assert.equal(cause.code, code)
        assert.ok(message.endsWith(cause.message), cause.message)
        assert.equal((await given.keys.list('a')).revision, given.future - 1, 'nothing was written')
      })
    }
  })

  it('the revision of a compaction is a CompactedError of its own message', async () => {
    await using etcd = server.connect()
    const { keys, future } = await world(etcd)
    await etcd.compact(future - 1)
    const reading = await etcdErrorOf(keys.get('a', { revision: 1 }), 'compacted')
    assert.ok(reading instanceof CompactedError)
    assert.equal(reading.message, 'Cannot get "a": required revision has been compacted')
    assert.deepEqual([reading.outcome, reading.endpoint], [undefined, endpointOf(server)])
    const compacting = await etcdErrorOf(etcd.compact(1), 'compacted')
    assert.ok(compacting instanceof CompactedError && compacting.cause instanceof CompactedError)
    assert.equal(
      compacting.message,
      'Cannot compact at revision 1: required revision has been compacted',
    )
    assert.equal(compacting.outcome, 'not-applied')
  })

  it('an error shows where it was awaited, and can be logged', async () => {
    await using etcd = server.connect()
    const error = await etcdErrorOf(etcd.put(uniquePrefix(), '1', unknownLease), 'lease-not-found')
    assert.match(error.stack ?? '', /^EtcdError: Cannot put /)
    assert.ok(error instanceof Error)
  })

  it('a failed call leaves the others alone', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const calls = Array.from({ length: 100 }, (_, n) => {
      return n % 2 === 0 ? keys.put(`${n}`, '1') : keys.put(`${n}`, '1', unknownLease)
    })
    const settled = await Promise.allSettled(calls)
    assert.ok(settled.every(({ status }, n) => (status === 'fulfilled') === (n % 2 === 0)))
    assert.equal(await keys.count(everything), 50)
  })

  describe('signal', () => {
    const reasons: readonly unknown[] = [new Error('mine'), 'a text', { an: 'object' }, 0, null]

    for (const reason of reasons) {
      it(`a signal aborted before: each verb rejects with its reason, ${String(reason)}, untouched`, async () => {
        await using etcd = server.connect()
        const { keys } = await world(etcd)
        const { revision } = await keys.list('a')
        const options = { signal: AbortSignal.abort(reason) }
        const calls: readonly (() => Promise<unknown>)[] = [
          () => keys.get('a', options),
          () => keys.put('a', '2', options),
          () => keys.delete('a', options),
          () => keys.list(everything, options),
          () => keys.count(everything, options),
          () => collect(keys.scan(everything, options)),
          () => keys.putIfAbsent('b', '2', options),
          () => keys.putIfPresent('a', '2', options),
          () => keys.compareAndSwap('a', '2', { version: 1 }, options),
          () => keys.txn({ then: [op.put('a', '2')] }, options),
          () => etcd.compact(1, options),
          () => etcd.call(KV.range, { key: new Uint8Array([1]) }, options),
        ]
        for (const call of calls) assert.equal(await rejectionOf(call()), reason)
        assert.equal((await keys.list('a')).revision, revision)
      })
    }

    it('a signal aborted without a reason: the calls reject with its AbortError', async () => {
      await using etcd = server.connect()
      const signal = AbortSignal.abort()
      assert.equal(await rejectionOf(etcd.get('a', { signal })), signal.reason)
      assert.equal(signal.reason.name, 'AbortError')
    })

    it('a signal aborted while calls are under way ends those, and no others', async () => {
      await using etcd = server.connect()
      const { keys } = await world(etcd)
      const controller = new AbortController()
      const reason = new Error('mine')
      const { signal } = controller
      const ended = Array.from({ length: 20 }, () => rejectionOf(keys.get('a', { signal })))
      const others = Array.from({ length: 20 }, () => keys.get('a'))
      controller.abort(reason)
      assert.ok((await Promise.all(ended)).every((each) => each === reason))
      assert.ok((await Promise.all(others)).every((entry) => entry?.value === '1'))
    })

    it('a signal aborted after the answer changes nothing', async () => {
      await using etcd = server.connect()
      const { keys } = await world(etcd)
      const controller = new AbortController()
      const entry = await keys.get('a', { signal: controller.signal })
      controller.abort()
      assert.equal(entry?.value, '1')
      assert.equal((await keys.get('a'))?.value, '1')
    })

    it('one signal may serve any number of calls', async () => {
      await using etcd = server.connect()
      const { keys } = await world(etcd)
      const { signal } = new AbortController()
      const calls = Array.from({ length: 100 }, () => keys.get('a', { signal }))
      assert.ok((await Promise.all(calls)).every((entry) => entry?.value === '1'))
      assert.deepEqual(getEventListeners(signal, 'abort'), [], 'nobody listens any more')
    })
  })

  describe('close', () => {
    it('etcd.close twice, or at a time, is fine', async () => {
      const etcd = server.connect()
      await etcd.get('a')
      await Promise.all([etcd.close(), etcd.close()])
      await etcd.close()
      await etcd[Symbol.asyncDispose]()
    })

    it('etcd.close before any call is fine', async () => {
      const etcd = server.connect()
      await etcd.close()
      await etcdErrorOf(etcd.get('a'), 'closed')
    })

    it('after etcd.close every verb rejects with closed, and nothing is written', async () => {
      const etcd = server.connect()
      const { keys } = await world(etcd)
      await etcd.close()
      const calls: readonly [Outcome | undefined, string, () => Promise<unknown>][] = [
        [undefined, 'get "a"', () => keys.get('a')],
        ['not-applied', 'put "a"', () => keys.put('a', '2')],
        ['not-applied', 'delete "a"', () => keys.delete('a')],
        [undefined, 'list all keys', () => keys.list(everything)],
        [undefined, 'count all keys', () => keys.count(everything)],
        [undefined, 'scan all keys', () => collect(keys.scan(everything))],
        ['not-applied', 'put "b" if absent', () => keys.putIfAbsent('b', '2')],
        ['not-applied', 'run the transaction', () => keys.txn({ then: [op.put('a', '2')] })],
        ['not-applied', 'compact at revision 1', () => etcd.compact(1)],
        [undefined, 'call etcdserverpb.KV/Range', () => etcd.call(KV.range, {})],
      ]
      for (const [outcome, action, call] of calls) {
        const error = await etcdErrorOf(call(), 'closed')
        assert.ok(error.message.startsWith(`Cannot ${action}: `), error.message)
        assert.match(error.message, closedMessage)
        assert.equal(error.outcome, outcome, action)
      }
    })

    it('etcd.close ends the calls under way with closed, or their answer', async () => {
      const etcd = server.connect()
      const { keys } = await world(etcd)
      const calls = Array.from({ length: 50 }, (_, n) => keys.put(`${n}`, '1'))
      const closed = etcd.close()
      const settled = await Promise.allSettled(calls)
      await closed
      for (const each of settled) {
        if (each.status === 'fulfilled') continue
        assert.ok(each.reason instanceof EtcdError)
        assert.equal(each.reason.code, 'closed')
        assert.ok(each.reason.outcome !== undefined)
      }
    })
  })
})
