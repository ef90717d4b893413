// Wrong keys, options and numbers, given to every verb that takes them: a TypeError or a RangeError before any I/O.

import { describe, it } from 'node:test'
import { type Etcd, op, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { collect } from './support/entries.ts'
import {
  assertRefused,
  type InputCase,
  type InputErrorClass,
  untyped,
} from './support/refused-input.ts'

/** A wrong argument, the error for it, and a piece of its message. */
type Wrong = readonly [name: string, given: unknown, error: InputErrorClass, fact: RegExp]

const noKeys: readonly Wrong[] = [
  ['an empty key', '', TypeError, /: the key is empty$/],
  ['an empty key of bytes', new Uint8Array(0), TypeError, /: the key is empty$/],
  ['half a surrogate pair', 'a\ud800', TypeError, /: \w+( \w+)? has half a surrogate pair/],
  ['undefined', undefined, TypeError, /: a key is a string or a Uint8Array, not undefined$/],
  ['null', null, TypeError, /: a key is a string or a Uint8Array, not null$/],
  ['a number', 5, TypeError, /: a key is a string or a Uint8Array, not number$/],
  ['an object', {}, TypeError, /: a key is a string or a Uint8Array, not object$/],
  ['an array', [97], TypeError, /: a key is a string or a Uint8Array, not an array$/],
]

/** The verbs that take a single key. */
const keyVerbs: readonly [string, (etcd: Etcd, key: never) => unknown][] = [
  ['get', (etcd, key) => etcd.get(key)],
  ['put', (etcd, key) => etcd.put(key, '1')],
  ['putIfAbsent', (etcd, key) => etcd.putIfAbsent(key, '1')],
  ['putIfPresent', (etcd, key) => etcd.putIfPresent(key, '1')],
  ['compareAndSwap', (etcd, key) => etcd.compareAndSwap(key, '1', { version: 1 })],
  ['get of a keyspace', (etcd, key) => etcd.keyspace('a/').get(key)],
]

/** The verbs that take a key or a range. */
const rangeVerbs: readonly [string, (etcd: Etcd, key: never) => unknown][] = [
  ['delete', (etcd, key) => etcd.delete(key)],
  ['list', (etcd, key) => etcd.list(key)],
  ['count', (etcd, key) => etcd.count(key)],
  ['scan', (etcd, key) => collect(etcd.scan(key))],
  ['list of a keyspace', (etcd, key) => etcd.keyspace('a/').list(key)],
]

const aRange: Wrong = [
  'a range',
  prefix('a'),
  TypeError,
  /: a range is given where a single key is wanted$/,
]

const noOptions: readonly Wrong[] = [
  ['null', null, TypeError, /: options are an object, not null$/],
  ['a number', 5, TypeError, /: options are an object, not number$/],
  ['a string', 'limit', TypeError, /: options are an object, not string$/],
  ['an array', [], TypeError, /: options are an object, not an array$/],
  ['an unknown name', { rev: 1 }, TypeError, /: there is no option "rev"$/],
  [
    'timeoutMs below 0',
    { timeoutMs: -1 },
    RangeError,
    /: timeoutMs is a number of at least 0, not -1$/,
  ],
  [
    'timeoutMs NaN',
    { timeoutMs: Number.NaN },
    RangeError,
    /: timeoutMs is a number of at least 0, not NaN$/,
  ],
  [
    'timeoutMs of text',
    { timeoutMs: '5' },
    RangeError,
    /: timeoutMs is a number of at least 0, not 5$/,
  ],
  ['a signal that is none', { signal: {} }, TypeError, /: signal is an AbortSignal, not object$/],
  ['an endpoint of another scheme', { endpoint: 'ftp://a' }, TypeError, /: endpoint ftp:\/\/a: /],
  [
    'an endpoint with a path',
    { endpoint: 'http://a/b' },
    TypeError,
    /: endpoint .+ must not have a path$/,
  ],
  ['an endpoint that is no text', { endpoint: 5 }, TypeError, /: an endpoint must be a text/],
  ['headers that are none', { headers: 5 }, TypeError, /headers/],
  ['a header whose name is none', { headers: { 'a b': 'c' } }, TypeError, /"a b"/],
  ['a header with a line break', { headers: { a: 'b\nc' } }, TypeError, /"a"/],
  ['a header that is a number', { headers: { a: 5 } }, TypeError, /"a"/],
  ['a header of the transport', { headers: { te: 'c' } }, TypeError, /"te"/],
  ['a header of gRPC', { headers: { 'grpc-timeout': '1n' } }, TypeError, /"grpc-timeout"/],
  ['a header of HTTP/2', { headers: { ':path': '/' } }, TypeError, /":path"/],
]

/** The verbs that take options. */
const optionVerbs: readonly [string, (etcd: Etcd, options: never) => unknown][] = [
  ['get', (etcd, options) => etcd.get('a', options)],
  ['put', (etcd, options) => etcd.put('a', '1', options)],
  ['delete', (etcd, options) => etcd.delete('a', options)],
  ['list', (etcd, options) => etcd.list('a', options)],
  ['count', (etcd, options) => etcd.count('a', options)],
  ['scan', (etcd, options) => collect(etcd.scan('a', options))],
  ['putIfAbsent', (etcd, options) => etcd.putIfAbsent('a', '1', options)],
  ['putIfPresent', (etcd, options) => etcd.putIfPresent('a', '1', options)],
  ['compareAndSwap', (etcd, options) => etcd.compareAndSwap('a', '1', { version: 1 }, options)],
  ['txn', (etcd, options) => etcd.txn({}, options)],
  ['compact', (etcd, options) => etcd.compact(1, options)],
]

const noIntegers: readonly Wrong[] = [
  ['below 0', -1, RangeError, /is an integer of at least [01], not -1$/],
  ['a fraction', 1.5, RangeError, /is an integer of at least [01], not 1\.5$/],
  ['NaN', Number.NaN, RangeError, /is an integer of at least [01], not NaN$/],
  [
    'Infinity',
    Number.POSITIVE_INFINITY,
    RangeError,
    /is an integer of at least [01], not Infinity$/,
  ],
  ['not safe', 2 ** 53, RangeError, /is an integer of at least [01], not 9007199254740992$/],
  ['a text', '1', TypeError, /is a number, not string$/],
  ['a bigint', 1n, TypeError, /is a number, not bigint$/],
  ['null', null, TypeError, /is a number, not null$/],
]

/** Where integers are taken. */
const integerPlaces: readonly [string, (etcd: Etcd, value: never) => unknown][] = [
  ...[
    ...['limit', 'revision', 'minModRevision', 'maxModRevision'],
    ...['minCreateRevision', 'maxCreateRevision'],
  ].map((name): [string, (etcd: Etcd, value: never) => unknown] => [
    `list.${name}`,
    (etcd, value) => etcd.list('a', { [name]: value }),
  ]),
  ['get.revision', (etcd, revision) => etcd.get('a', { revision })],
  ['count.revision', (etcd, revision) => etcd.count('a', { revision })],
  ['scan.pageSize', (etcd, pageSize) => collect(etcd.scan('a', { pageSize }))],
  ['scan.revision', (etcd, revision) => collect(etcd.scan('a', { revision }))],
  ['scan.minModRevision', (etcd, minModRevision) => collect(etcd.scan('a', { minModRevision }))],
  ['compact', (etcd, revision) => etcd.compact(revision)],
  ['compareAndSwap.version', (etcd, version) => etcd.compareAndSwap('a', '1', { version })],
  ['op.get.revision', (etcd, revision) => etcd.txn({ then: [op.get('a', { revision })] })],
  ['op.list.limit', (etcd, limit) => etcd.txn({ then: [op.list('a', { limit })] })],
]

const noBooleans: readonly Wrong[] = [
  ['a text', 'yes', TypeError, /boolean/],
  ['a number', 1, TypeError, /boolean/],
]

/** Where booleans are taken. */
const booleanPlaces: readonly [string, (etcd: Etcd, value: never) => unknown][] = [
  ['put.previous', (etcd, previous) => etcd.put('a', '1', { previous })],
  ['put.ignoreLease', (etcd, ignoreLease) => etcd.put('a', '1', { ignoreLease })],
  ['get.serializable', (etcd, serializable) => etcd.get('a', { serializable })],
  ['list.keysOnly', (etcd, keysOnly) => etcd.list('a', { keysOnly })],
  ['count.serializable', (etcd, serializable) => etcd.count('a', { serializable })],
  ['scan.keysOnly', (etcd, keysOnly) => collect(etcd.scan('a', { keysOnly }))],
  ['delete.previous', (etcd, previous) => etcd.delete('a', { previous })],
  ['compact.physical', (etcd, physical) => etcd.compact(1, { physical })],
  [
    'op.delete.previous',
    async (etcd, previous) => etcd.txn({ then: [op.delete('a', { previous })] }),
  ],
]

describe('wrong arguments of every verb', () => {
  failOnLeaks()

  for (const [topic, wrongs, places] of [
    ['a key that is none', noKeys, [...keyVerbs, ...rangeVerbs]],
    ['a single key', [aRange], keyVerbs],
    ['options', noOptions, optionVerbs],
    ['an integer', noIntegers, integerPlaces],
    ['a boolean', noBooleans, booleanPlaces],
  ] as const) {
    for (const [name, given, error, fact] of wrongs) {
      it(`${topic}: ${name} is refused before anybody connects`, async () => {
        const cases = places.map(([place, call]): InputCase => {
          return { name: place, call: (etcd) => call(etcd, untyped(given)), error, fact }
        })
        await assertRefused(cases)
      })
    }
  }
})
