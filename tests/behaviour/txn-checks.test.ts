// What the server checks of a transaction before it does any of it: how many operations, no key twice, both branches.
// Section 5 of reference/server-v3.md, etcd's own TestV3TxnTooManyOps and TestV3TxnDuplicateKeys.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, type MessageInit, type TxnRequest } from '@etcdkit/protocol'
import {
  type Comparison,
  compare,
  type EtcdErrorCode,
  from,
  type Op,
  op,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { etcdErrorOf } from './support/rejections.ts'

const maxOps = 128

/** A transaction, and the code it is refused with; `undefined` when the server takes it. */
interface CheckCase {
  readonly name: string
  readonly txn: {
    readonly if?: readonly Comparison<string>[]
    readonly then?: readonly Op<string>[]
    readonly else?: readonly Op<string>[]
  }
  readonly code: EtcdErrorCode | undefined
}

const put = (key: string): Op<string> => op.put(key, '1')

function puts(count: number): Op<string>[] {
  return Array.from({ length: count }, (_, n) => put(`k${n}`))
}

function conditions(count: number): Comparison<string>[] {
  return Array.from({ length: count }, (_, n) => compare.missing(`k${n}`))
}

function nested(count: number): Op<string> {
  return op.txn({ then: Array.from({ length: count }, (_, n) => put(`nested${n}`)) })
}

const sizeCases: readonly CheckCase[] = [
  { name: `${maxOps} operations`, txn: { then: puts(maxOps) }, code: undefined },
  { name: `${maxOps + 1} operations`, txn: { then: puts(maxOps + 1) }, code: 'too-many-ops' },
  { name: `${maxOps + 1} in else`, txn: { else: puts(maxOps + 1) }, code: 'too-many-ops' },
  {
    name: `${maxOps} in each branch`,
    txn: { then: puts(maxOps), else: puts(maxOps) },
    code: undefined,
  },
  { name: `${maxOps} conditions`, txn: { if: conditions(maxOps) }, code: undefined },
  { name: `${maxOps + 1} conditions`, txn: { if: conditions(maxOps + 1) }, code: 'too-many-ops' },
  {
    name: `${maxOps} conditions and operations each`,
    txn: { if: conditions(maxOps), then: puts(maxOps), else: puts(maxOps) },
    code: undefined,
  },
  {
    name: `${maxOps - 2} operations and a nested transaction with 1`,
    txn: { then: [...puts(maxOps - 2), nested(1)] },
    code: undefined,
  },
  {
    name: `${maxOps - 2} operations and a nested transaction with 2`,
    txn: { then: [...puts(maxOps - 2), nested(2)] },
    code: 'too-many-ops',
  },
  {
    name: `${maxOps - 1} operations and an empty nested transaction`,
    txn: { then: [...puts(maxOps - 1), nested(0)] },
    code: undefined,
  },
  {
    name: `${maxOps - 1} operations and a nested transaction with 1`,
    txn: { then: [...puts(maxOps - 1), nested(1)] },
    code: 'too-many-ops',
  },
  {
    name: '29 nested operations beside 100 conditions',
    txn: { if: conditions(100), then: [nested(29)] },
    code: 'too-many-ops',
  },
  {
    name: '28 nested operations beside 100 conditions',
    txn: { if: conditions(100), then: [nested(28)] },
    code: undefined,
  },
  {
    name: '29 nested operations beside 100 in the other branch',
    txn: { then: [nested(29)], else: puts(100) },
    code: 'too-many-ops',
  },
  {
    name: 'two nested transactions with 126 each',
    txn: { then: [nested(126), op.txn({ then: puts(126) })] },
    code: undefined,
  },
  {
    name: '127 operations on the third level',
    txn: { then: [op.txn({ then: [op.txn({ then: puts(127) })] })] },
    code: 'too-many-ops',
  },
  {
    name: '126 operations on the third level',
    txn: { then: [op.txn({ then: [op.txn({ then: puts(126) })] })] },
    code: undefined,
  },
]

const duplicateCases: readonly CheckCase[] = [
  { name: 'two puts of a key', txn: { then: [put('a'), put('a')] }, code: 'duplicate-key' },
  { name: 'two puts of a key in else', txn: { else: [put('a'), put('a')] }, code: 'duplicate-key' },
  {
    name: 'puts of a key in then and else',
    txn: { then: [put('a')], else: [put('a')] },
    code: undefined,
  },
  { name: 'a put and a get of a key', txn: { then: [put('a'), op.get('a')] }, code: undefined },
  {
    name: 'a put and a delete of a key',
    txn: { then: [put('a'), op.delete('a')] },
    code: 'duplicate-key',
  },
  {
    name: 'a delete and a put of a key',
    txn: { then: [op.delete('a'), put('a')] },
    code: 'duplicate-key',
  },
  {
    name: 'a put in a deleted range',
    txn: { then: [op.delete(range('a', 'c')), put('b')] },
    code: 'duplicate-key',
  },
  {
    name: 'a put in a deleted prefix',
    txn: { then: [put('b/1'), op.delete(prefix('b/'))] },
    code: 'duplicate-key',
  },
  {
    name: 'a put after the start of a delete',
    txn: { then: [put('c'), op.delete(from('b'))] },
    code: 'duplicate-key',
  },
  {
    name: 'a put at the end of a deleted range',
    txn: { then: [op.delete(range('a', 'c')), put('c')] },
    code: undefined,
  },
  {
    name: 'a put before a deleted range',
    txn: { then: [op.delete(range('b', 'c')), put('a')] },
    code: undefined,
  },
  {
    name: 'two deletes of a key',
    txn: { then: [op.delete('a'), op.delete('a')] },
    code: undefined,
  },
  {
    name: 'deletes that overlap',
    txn: { then: [op.delete(range('a', 'c')), op.delete(from('b')), op.delete('b')] },
    code: undefined,
  },
  {
    name: 'puts in both branches of a nested transaction',
    txn: { then: [op.txn({ then: [put('a')], else: [put('a')] })] },
    code: undefined,
  },
  {
    name: 'a put beside a nested put',
    txn: { then: [put('a'), op.txn({ then: [put('a')] })] },
    code: 'duplicate-key',
  },
  {
    name: 'a put beside a nested put that would not be done',
    txn: { then: [put('a'), op.txn({ if: [compare.exists('no')], then: [put('a')] })] },
    code: 'duplicate-key',
  },
  {
    name: 'a nested put before a put',
    txn: { then: [op.txn({ else: [put('a')] }), put('a')] },
    code: 'duplicate-key',
  },
  {
    name: 'puts in two nested transactions',
    txn: { then: [op.txn({ then: [put('a')] }), op.txn({ else: [put('a')] })] },
    code: 'duplicate-key',
  },
  {
    name: 'a nested put in a deleted range',
    txn: { then: [op.delete(prefix('')), op.txn({ then: [put('a')] })] },
    code: 'duplicate-key',
  },
  {
    name: 'a put in a range that a nested transaction deletes',
    txn: { then: [put('a'), op.txn({ then: [op.delete(prefix(''))] })] },
    code: 'duplicate-key',
  },
]

/** What only the raw door lets through, in the branch that is not taken. */
const rawCases: readonly [string, MessageInit<TxnRequest>, EtcdErrorCode][] = [
  ['a condition without a key', { compare: [{}] }, 'empty-key'],
  ['a range without a key', { failure: [{ requestRange: {} }] }, 'empty-key'],
  ['a put without a key', { failure: [{ requestPut: {} }] }, 'empty-key'],
  ['a delete without a key', { failure: [{ requestDeleteRange: {} }] }, 'empty-key'],
  ['an operation without anything', { failure: [{}] }, 'key-not-found'],
  ['a nested one', { failure: [{ requestTxn: { success: [{ requestPut: {} }] } }] }, 'empty-key'],
  [
    'a value to ignore',
    { failure: [{ requestPut: { key: bytes('a'), value: bytes('1'), ignoreValue: true } }] },
    'value-provided',
  ],
  [
    'a lease to ignore',
    { failure: [{ requestPut: { key: bytes('a'), lease: '7', ignoreLease: true } }] },
    'lease-provided',
  ],
]

forEachServer('txn checks', (server) => {
  failOnLeaks()

  for (const [topic, cases] of [
    ['how many operations', sizeCases],
    ['no key twice', duplicateCases],
  ] as const) {
    describe(topic, () => {
      for (const { name, txn, code } of cases) {
        it(`etcd.txn ${code === undefined ? 'takes' : 'refuses'} ${name}`, async () => {
          await using etcd = server.connect()
          const keys = etcd.keyspace(uniquePrefix())
          const { revision } = await keys.put('before', '1')
          const call = keys.txn(txn)
          if (code === undefined) {
            await call
            return
          }
          const error = await etcdErrorOf(call, code)
          assert.equal(error.outcome, 'not-applied')
          assert.equal((await keys.list('before')).revision, revision)
        })
      }
    })
  }

  describe('both branches', () => {
    for (const [name, request, code] of rawCases) {
      it(`etcd.call(KV.txn) refuses ${name}`, async () => {
        await using etcd = server.connect()
        const { revision } = await etcd.put(uniquePrefix(), '1')
        const error = await etcdErrorOf(etcd.call(KV.txn, request), code)
        assert.equal(error.outcome, 'not-applied')
        assert.equal((await etcd.list('\0')).revision, revision)
      })
    }
  })
})

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
