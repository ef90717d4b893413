import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compare } from '../../src/v3/compare.ts'
import type { EtcdClient } from '../../src/v3/etcd.ts'
import { op } from '../../src/v3/op.ts'
import { prefix } from '../../src/v3/range.ts'
import { scripted } from './support/scripted.ts'

/** What JavaScript may give. */
// biome-ignore lint/suspicious/noExplicitAny: what is given here is what types forbid.
type Any = any

const refused: Readonly<Record<string, (etcd: EtcdClient) => Promise<unknown>>> = {
  'put of an empty key': (etcd) => etcd.put('', 'x'),
  'put of empty bytes': (etcd) => etcd.put(new Uint8Array(0), 'x'),
  'put of a number as the key': (etcd) => etcd.put(5 as Any, 'x'),
  'put of null as the key': (etcd) => etcd.put(null as Any, 'x'),
  'put of a range': (etcd) => etcd.put(prefix('a') as Any, 'x'),
  'put of half a surrogate pair as the key': (etcd) => etcd.put('a\ud800', 'x'),
  'put of half a surrogate pair as the value': (etcd) => etcd.put('a', '\udc00'),
  'put of a number as the value': (etcd) => etcd.put('a', 5 as Any),
  'put of no value': (etcd) => (etcd as Any).put('a'),
  'put with an unknown option': (etcd) => etcd.put('a', 'x', { prevKv: true } as Any),
  'put with options that are no object': (etcd) => etcd.put('a', 'x', 5 as Any),
  'put with null as options': (etcd) => etcd.put('a', 'x', null as Any),
  'put with a list as options': (etcd) => etcd.put('a', 'x', [] as Any),
  'put with a number as the lease': (etcd) => etcd.put('a', 'x', { lease: 5 as Any }),
  'put with text that is no lease': (etcd) => etcd.put('a', 'x', { lease: 'abc' }),
  'put with null as the lease': (etcd) => etcd.put('a', 'x', { lease: null as Any }),
  'put with ignoreValue and a value': (etcd) => etcd.put('a', 'x', { ignoreValue: true }),
  'put with ignoreLease and a lease': (etcd) =>
    etcd.put('a', 'x', { ignoreLease: true, lease: '7' }),
  'put with a negative timeout': (etcd) => etcd.put('a', 'x', { timeoutMs: -1 }),
  'put with NaN as the timeout': (etcd) => etcd.put('a', 'x', { timeoutMs: Number.NaN }),
  'put with text as the timeout': (etcd) => etcd.put('a', 'x', { timeoutMs: '5' as Any }),
  'put with a controller as the signal': (etcd) =>
    etcd.put('a', 'x', { signal: new AbortController() as Any }),
  'get of an empty key': (etcd) => etcd.get(''),
  'get of a range': (etcd) => etcd.get(prefix('a') as Any),
  'get at a negative revision': (etcd) => etcd.get('a', { revision: -1 }),
  'get at half a revision': (etcd) => etcd.get('a', { revision: 1.5 }),
  'get at a revision beyond 2^53': (etcd) => etcd.get('a', { revision: 2 ** 53 }),
  'get at a revision that is text': (etcd) => etcd.get('a', { revision: '5' as Any }),
  'get with the option of a list': (etcd) => etcd.get('a', { limit: 1 } as Any),
  'delete of nothing': (etcd) => (etcd as Any).delete(),
  'delete with the option of a put': (etcd) => etcd.delete('a', { lease: '7' } as Any),
  'list with a negative limit': (etcd) => etcd.list('a', { limit: -1 }),
  'list with an unknown sort': (etcd) => etcd.list('a', { sort: 'keys' as Any }),
  'list with a sort that everything has': (etcd) => etcd.list('a', { sort: 'toString' as Any }),
  'list with an unknown order': (etcd) => etcd.list('a', { order: 'desc' as Any }),
  'list with a bound that is text': (etcd) => etcd.list('a', { minModRevision: '5' as Any }),
  'count with a limit': (etcd) => etcd.count('a', { limit: 1 } as Any),
  'scan with no keys a page': (etcd) => etcd.scan('a', { pageSize: 0 }).next(),
  'scan with an unknown order': (etcd) => etcd.scan('a', { order: 'up' as Any }).next(),
  'scan with an unknown option': (etcd) => etcd.scan('a', { limit: 1 } as Any).next(),
  'scan of an empty key': (etcd) => etcd.scan('').next(),
  'putIfAbsent of an empty key': (etcd) => etcd.putIfAbsent('', 'x'),
  'putIfAbsent of a bad value': (etcd) => etcd.putIfAbsent('a', 5 as Any),
  'putIfAbsent that wants the previous': (etcd) =>
    etcd.putIfAbsent('a', 'x', { previous: true } as Any),
  'putIfPresent with ignoreValue': (etcd) =>
    etcd.putIfPresent('a', 'x', { ignoreValue: true } as Any),
  'compareAndSwap that expects nothing': (etcd) => etcd.compareAndSwap('a', 'x', {}),
  'compareAndSwap without expectations': (etcd) => (etcd as Any).compareAndSwap('a', 'x'),
  'compareAndSwap that expects a typo': (etcd) =>
    etcd.compareAndSwap('a', 'x', { modRevison: 5 } as Any),
  'compareAndSwap that expects text as a revision': (etcd) =>
    etcd.compareAndSwap('a', 'x', { modRevision: '5' as Any }),
  'compareAndSwap that expects a bad value': (etcd) =>
    etcd.compareAndSwap('a', 'x', { value: 5 as Any }),
  'txn of nothing': (etcd) => etcd.txn(undefined as Any),
  'txn with an unknown part': (etcd) => etcd.txn({ success: [] } as Any),
  'txn with an operation that is no list': (etcd) => etcd.txn({ then: op.get('a') as Any }),
  'txn with what is no operation': (etcd) => etcd.txn({ then: ['a'] as Any }),
  'txn with what is no condition': (etcd) => etcd.txn({ if: [op.get('a')] as Any }),
  'txn with a bad value': (etcd) => etcd.txn({ then: [op.put('a', 5 as Any)] }),
  'txn with a bad value in a condition': (etcd) =>
    etcd.txn({ if: [compare.value('a').equals(5 as Any)] }),
  'txn with an unknown option': (etcd) => etcd.txn({}, { previous: true } as Any),
  'compact without a revision': (etcd) => etcd.compact(undefined as Any),
  'compact at a negative revision': (etcd) => etcd.compact(-1),
  'leases.revoke of nothing': (etcd) => etcd.leases.revoke(undefined as Any),
  'leases.timeToLive with an unknown option': (etcd) =>
    etcd.leases.timeToLive('7', { key: true } as Any),
  'leases.attach of the lease 0': (etcd) => etcd.leases.attach('0'),
  'leases.keepAliveOnce of a number': (etcd) => etcd.leases.keepAliveOnce(7 as Any),
  'leases.list with an unknown option': (etcd) => etcd.leases.list({ all: true } as Any),
}

describe('bad input', () => {
  for (const [name, call] of Object.entries(refused)) {
    it(`rejects ${name} before anything is sent`, async () => {
      const { etcd, transport, clock } = scripted()
      let promise: Promise<unknown> | undefined
      assert.doesNotThrow(() => {
        promise = call(etcd)
      })
      await assert.rejects(promise ?? Promise.resolve(), (error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error))
        assert.match(error.message, /^Cannot /)
        assert.doesNotMatch(error.message, /Cannot .*Cannot /)
        return true
      })
      assert.equal(transport.calls.length + transport.streams.length + clock.pending, 0)
    })
  }

  it('is told with the action, the key and the fact', async () => {
    const { etcd } = scripted()
    await assert.rejects(etcd.put('a', 5 as Any), {
      name: 'TypeError',
      message:
        'Cannot put "a": the codec refuses the value: a string or a Uint8Array is wanted, not number',
    })
    await assert.rejects(etcd.list(prefix('a/'), { limit: -1 }), {
      name: 'RangeError',
      message: 'Cannot list prefix "a/": limit is an integer of at least 0, not -1',
    })
  })
})

describe('builders', () => {
  for (const [name, build] of Object.entries<() => unknown>({
    'op.put of an empty key': () => op.put('', 'x'),
    'op.put with an unknown option': () => op.put('a', 'x', { prev: true } as Any),
    'op.get of a range': () => op.get(prefix('a') as Any),
    'op.list with an unknown option': () => op.list('a', { serializable: true } as Any),
    'op.count with an option of list': () => op.count('a', { limit: 1 } as Any),
    'op.delete of null': () => op.delete(null as Any),
    'op.txn with an unknown part': () => op.txn({ success: [] } as Any),
    'compare of an empty key': () => compare.version('').equals(1),
    'compare with text as a version': () => compare.version('a').equals('1' as Any),
    'compare with nothing': () => compare.modRevision('a').equals(undefined as Any),
    'compare with text that is no lease': () => compare.lease('a').equals('x'),
  })) {
    it(`throw for ${name}`, () => {
      assert.throws(build, /^(Type|Range)Error: Cannot /)
    })
  }
})
