// Wrong arguments of one verb or builder, and of the client itself: a TypeError or a RangeError before any I/O.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compare, Etcd, from, json, op, prefix, range } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { collect } from './support/entries.ts'
import { assertRefused, type InputErrorClass, untyped } from './support/refused-input.ts'

type Call = readonly [
  name: string,
  call: (etcd: Etcd) => unknown,
  error: InputErrorClass,
  fact: RegExp,
]

const aLease = /: a lease is a decimal string or a Lease, not /

const leaseCalls = ['abc', '', '1.5', 7, null, {}, { id: 7 }, []].map((given): Call => {
  const name = `put.lease: ${JSON.stringify(given)}`
  return [name, (etcd) => etcd.put('a', '1', { lease: untyped(given) }), TypeError, aLease]
})

const calls: readonly Call[] = [
  ...leaseCalls,
  [
    'put.lease beyond 64 bits',
    (etcd) => etcd.put('a', '1', { lease: '9223372036854775808' }),
    RangeError,
    /9223372036854775808/,
  ],
  [
    'put of no value',
    (etcd) => etcd.put('a', untyped(undefined)),
    TypeError,
    /^Cannot put "a": the codec refuses/,
  ],
  [
    'put.ignoreValue with a value',
    (etcd) => etcd.put('a', '1', { ignoreValue: true }),
    TypeError,
    /: ignoreValue keeps/,
  ],
  [
    'put.ignoreLease with a lease',
    (etcd) => etcd.put('a', '1', { ignoreLease: true, lease: '7' }),
    TypeError,
    /: ignoreLease keeps/,
  ],
  [
    'scan.pageSize of 0',
    (etcd) => collect(etcd.scan('a', { pageSize: 0 })),
    RangeError,
    /: pageSize is an integer of at least 1, not 0$/,
  ],
  [
    'list.sort',
    (etcd) => etcd.list('a', { sort: untyped('size') }),
    TypeError,
    /: sort is one of key, .+, not "size"$/,
  ],
  [
    'list.sort by an inherited name',
    (etcd) => etcd.list('a', { sort: untyped('toString') }),
    TypeError,
    /: sort is one of /,
  ],
  [
    'list.order',
    (etcd) => etcd.list('a', { order: untyped('up') }),
    TypeError,
    /: order is one of .+, not "up"$/,
  ],
  [
    'scan.order',
    (etcd) => collect(etcd.scan('a', { order: untyped(1) })),
    TypeError,
    /: order is one of .+, not number$/,
  ],
  [
    'scan.limit',
    (etcd) => collect(etcd.scan('a', untyped({ limit: 1 }))),
    TypeError,
    /: there is no option "limit"$/,
  ],
  [
    'get.limit',
    (etcd) => etcd.get('a', untyped({ limit: 1 })),
    TypeError,
    /: there is no option "limit"$/,
  ],
  [
    'list.previous',
    (etcd) => etcd.list('a', untyped({ previous: true })),
    TypeError,
    /: there is no option "previous"$/,
  ],
  [
    'list.repeatable',
    (etcd) => etcd.list('a', untyped({ repeatable: true })),
    TypeError,
    /: there is no option "repeatable"$/,
  ],
  [
    'putIfAbsent.previous',
    (etcd) => etcd.putIfAbsent('a', '1', untyped({ previous: true })),
    TypeError,
    /: there is no option "previous"$/,
  ],
  [
    'putIfPresent.ignoreValue',
    (etcd) => etcd.putIfPresent('a', '1', untyped({ ignoreValue: true })),
    TypeError,
    /: there is no option "ignoreValue"$/,
  ],
  [
    'compareAndSwap of anything',
    (etcd) => etcd.compareAndSwap('a', '1', {}),
    TypeError,
    /^Cannot compare and swap "a": nothing is expected of the key$/,
  ],
  [
    'compareAndSwap of null',
    (etcd) => etcd.compareAndSwap('a', '1', untyped(null)),
    TypeError,
    /: options are an object, not null$/,
  ],
  [
    'compareAndSwap of an unknown name',
    (etcd) => etcd.compareAndSwap('a', '1', untyped({ rev: 1 })),
    TypeError,
    /: there is no option "rev"$/,
  ],
  [
    'compareAndSwap of a lease',
    (etcd) => etcd.compareAndSwap('a', '1', { lease: 'abc' }),
    TypeError,
    aLease,
  ],
  ['compact of nothing', (etcd) => etcd.compact(untyped(undefined)), TypeError, /^Cannot compact /],
  [
    'txn of null',
    (etcd) => etcd.txn(untyped(null)),
    TypeError,
    /: options are an object, not null$/,
  ],
  [
    'txn of an unknown name',
    (etcd) => etcd.txn(untyped({ when: [] })),
    TypeError,
    /: there is no option "when"$/,
  ],
  [
    'txn.then of no list',
    (etcd) => etcd.txn({ then: untyped(op.get('a')) }),
    TypeError,
    /: then is an array, not object$/,
  ],
  [
    'txn.then of no operation',
    (etcd) => etcd.txn({ then: [untyped({ kind: 'get all' })] }),
    TypeError,
    /: an operation made by op is wanted, not object$/,
  ],
  [
    'txn.else of undefined',
    (etcd) => etcd.txn({ else: [untyped(undefined)] }),
    TypeError,
    /: an operation made by op is wanted, not undefined$/,
  ],
  [
    'txn.if of no condition',
    (etcd) => etcd.txn({ if: [untyped({ of: 'size' })] }),
    TypeError,
    /: a condition made by compare is wanted, not object$/,
  ],
  [
    'a nested txn of no operation',
    (etcd) => etcd.txn({ else: [op.txn({ then: [untyped(5)] })] }),
    TypeError,
    /: an operation made by op is wanted, not number$/,
  ],
  [
    'op.put of no value',
    (etcd) => etcd.txn({ then: [op.put('a', untyped(5))] }),
    TypeError,
    /^Cannot run the transaction: .*the codec refuses the value: /,
  ],
  [
    'op.put.lease',
    (etcd) => etcd.txn({ then: [op.put('a', '1', { lease: 'abc' })] }),
    TypeError,
    /a lease is a decimal string or a Lease, not "abc"$/,
  ],
  [
    'op.put.ignoreValue with a value',
    (etcd) => etcd.txn({ then: [op.put('a', '1', { ignoreValue: true })] }),
    TypeError,
    /ignoreValue keeps/,
  ],
]

/** What only builds values throws at once. */
const builders: readonly (readonly [string, () => unknown, InputErrorClass, RegExp])[] = [
  ['op.get', () => op.get(''), TypeError, /^Cannot build op\.get of "": the key is empty$/],
  [
    'op.put',
    () => op.put(untyped(5), '1'),
    TypeError,
    /^Cannot build op\.put of number: a key is /,
  ],
  [
    'op.delete',
    () => op.delete(untyped(null)),
    TypeError,
    /^Cannot build op\.delete of null: a key is /,
  ],
  [
    'op.count',
    () => op.count(untyped({})),
    TypeError,
    /^Cannot build op\.count of object: a key is /,
  ],
  [
    'op.list',
    () => op.list('a', untyped({ rev: 1 })),
    TypeError,
    /^Cannot build op\.list: there is no option "rev"$/,
  ],
  [
    'op.txn',
    () => op.txn(untyped({ when: [] })),
    TypeError,
    /^Cannot build op\.txn: there is no option "when"$/,
  ],
  [
    'compare.version',
    () => compare.version(''),
    TypeError,
    /^Cannot compare the version of "": the key is empty$/,
  ],
  [
    'compare.value',
    () => compare.value(untyped(5)),
    TypeError,
    /^Cannot compare the value of number: a key is /,
  ],
  [
    'compare.version.equals',
    () => compare.version('a').equals(untyped('1')),
    TypeError,
    /: version is a number, not string$/,
  ],
  [
    'compare.version.lessThan',
    () => compare.version('a').lessThan(-1),
    RangeError,
    /: version is an integer of at least 0, not -1$/,
  ],
  [
    'compare.modRevision.equals',
    () => compare.modRevision('a').equals(untyped(undefined)),
    TypeError,
    /: modRevision is a number, not undefined$/,
  ],
  ['compare.lease.equals', () => compare.lease('a').equals('abc'), TypeError, aLease],
  ['prefix', () => prefix(untyped(5)), TypeError, /^Cannot build a range with prefix: a key is /],
  ['from', () => from(untyped(null)), TypeError, /^Cannot build a range with from: a key is /],
  [
    'range',
    () => range('a', untyped(undefined)),
    TypeError,
    /^Cannot build a range with range: a key is /,
  ],
  [
    'range to the empty key',
    () => range('a', ''),
    RangeError,
    /^Cannot build a range: no key comes before its end/,
  ],
  [
    'range to the zero byte',
    () => range('a', '\0'),
    RangeError,
    /^Cannot build a range: no key comes before its end/,
  ],
  ['json of no schema', () => json(untyped({})), TypeError, /^Cannot make a json codec: /],
  [
    'etcd.keyspace',
    () => new Etcd().keyspace(untyped(5)),
    TypeError,
    /^Cannot open the keyspace number: a key is a string or a Uint8Array, not number$/,
  ],
]

const clientOptions: readonly (readonly [string, unknown, InputErrorClass])[] = [
  ['an empty text', '', TypeError],
  ['an empty list', [], TypeError],
  ['a list with an empty text', ['http://a', ''], TypeError],
  ['a number', 5, TypeError],
  ['null', null, TypeError],
  ['another scheme', 'ftp://a:2379', TypeError],
  ['a path', 'http://a:2379/v3', TypeError],
  ['a user', 'http://me:secret@a:2379', TypeError],
  ['a port that is none', 'http://a:99999', TypeError],
  ['an unknown option', { endpoint: 'http://a' }, TypeError],
  ['timeoutMs below 0', { timeoutMs: -1 }, RangeError],
  ['timeoutMs of text', { timeoutMs: '5' }, RangeError],
  ['connectTimeoutMs NaN', { connectTimeoutMs: Number.NaN }, RangeError],
  ['maxMessageBytes below 0', { maxMessageBytes: -1 }, RangeError],
  ['pingIntervalMs that etcd does not bear', { pingIntervalMs: 100 }, RangeError],
  ['auth without anything', { auth: {} }, TypeError],
  ['auth without a password', { auth: { username: 'secret' } }, TypeError],
  ['auth without a name', { auth: { username: '', password: 'secret' } }, TypeError],
  ['auth with an empty token', { auth: { token: '' } }, TypeError],
  [
    'auth of both kinds',
    { auth: { username: 'a', password: 'secret', token: 'secret' } },
    TypeError,
  ],
  ['a header of the transport', { headers: { te: 'a' } }, TypeError],
  ['a header that is no text', { headers: { a: 5 } }, TypeError],
  ['a transport and something for gRPC', { transport: {}, endpoints: 'http://a' }, TypeError],
]

describe('wrong arguments of one verb', () => {
  failOnLeaks()

  for (const [name, call, error, fact] of calls) {
    it(`${name} is refused before anybody connects`, async () => {
      await assertRefused([{ name, call, error, fact }])
    })
  }
})

describe('wrong arguments of what builds values', () => {
  for (const [name, build, errorClass, message] of builders) {
    it(`${name} throws at once`, () => {
      assertThrows(build, errorClass, message)
    })
  }

  for (const [name, options, errorClass] of clientOptions) {
    it(`new Etcd throws at once: ${name}`, () => {
      const error = assertThrows(() => new Etcd(untyped(options)), errorClass, /./)
      assert.ok(!error.message.includes('secret'), error.message)
    })
  }
})

function assertThrows(build: () => unknown, errorClass: InputErrorClass, message: RegExp): Error {
  try {
    build()
  } catch (error) {
    assert.ok(error instanceof errorClass, String(error))
    assert.match(error.message, message)
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was thrown' })
}
