// The conditions of a transaction: every target and every relation, of keys that are there, that are missing, and of
// ranges. Section 5 of reference/server-v3.md, etcd's own TestV3TxnRangeCompare.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { KV } from '@etcdkit/protocol'
import {
  type Comparison,
  compare,
  type Etcd,
  everything,
  from,
  json,
  op,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { grantLease } from './support/leases.ts'

/** The four relations, by what `left` is to `right`. */
const relations = {
  equals: (sign: number): boolean => sign === 0,
  notEquals: (sign: number): boolean => sign !== 0,
  greaterThan: (sign: number): boolean => sign > 0,
  lessThan: (sign: number): boolean => sign < 0,
} as const

type Relation = keyof typeof relations
const relationNames = Object.keys(relations) as Relation[]

const numberTargets = ['version', 'createRevision', 'modRevision'] as const

forEachServer('txn compare', (server) => {
  failOnLeaks()
  const at = uniquePrefix()
  /** What `key` has of each number. */
  const facts = { version: 3, createRevision: 0, modRevision: 0 }
  let lease = '0'

  // `key` was put three times, the last time with the value `m` and a lease. Under `all/` the values are `m`, too, and
  // the versions 1, 2 and 3.
  before(async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(at)
    lease = await grantLease(etcd)
    facts.createRevision = (await keys.put('key', 'first')).revision
    await keys.put('key', 'second')
    facts.modRevision = (await keys.put('key', 'm', { lease })).revision
    for (let version = 1; version <= 3; version++) {
      for (let n = version; n <= 3; n++) await keys.put(`all/${n}`, 'm')
    }
  })

  async function holds(etcd: Etcd, ...conditions: readonly Comparison<string>[]): Promise<boolean> {
    return (await etcd.keyspace(at).txn({ if: conditions })).succeeded
  }

  for (const target of numberTargets) {
    for (const relation of relationNames) {
      it(`compare.${target}(key).${relation}`, async () => {
        await using etcd = server.connect()
        for (const difference of [-1, 0, 1]) {
          const condition = compare[target]('key')[relation](facts[target] + difference)
          assert.equal(await holds(etcd, condition), relations[relation](-difference))
        }
      })

      it(`compare.${target} of a missing key is a comparison with 0: ${relation}`, async () => {
        await using etcd = server.connect()
        for (const operand of [0, 1]) {
          const condition = compare[target]('missing')[relation](operand)
          assert.equal(await holds(etcd, condition), relations[relation](-operand))
        }
      })
    }
  }

  for (const relation of relationNames) {
    it(`compare.value(key).${relation} goes byte by byte`, async () => {
      await using etcd = server.connect()
      const smaller = ['', 'l', 'Z', 'lz']
      const greater = ['n', 'm\0', 'ma', 'é', '\u{10ffff}']
      for (const [operands, sign] of [
        [smaller, 1],
        [['m'], 0],
        [greater, -1],
      ] as const) {
        for (const operand of operands) {
          const condition = compare.value('key')[relation](operand)
          assert.equal(await holds(etcd, condition), relations[relation](sign), operand)
        }
      }
    })

    it(`compare.value of a missing key never holds: ${relation}`, async () => {
      await using etcd = server.connect()
      for (const operand of ['', 'm']) {
        assert.equal(await holds(etcd, compare.value('missing')[relation](operand)), false)
      }
    })

    it(`compare.lease(key).${relation}`, async () => {
      await using etcd = server.connect()
      const id = BigInt(lease)
      for (const difference of [-1n, 0n, 1n]) {
        const condition = compare.lease('key')[relation](`${id + difference}`)
        assert.equal(await holds(etcd, condition), relations[relation](-Number(difference)))
      }
      assert.equal(
        await holds(etcd, compare.lease('key')[relation]({ id: lease })),
        relations[relation](0),
      )
    })

    it(`compare.lease of a key without one, or missing, is a comparison with 0: ${relation}`, async () => {
      await using etcd = server.connect()
      for (const key of ['all/1', 'missing']) {
        assert.equal(await holds(etcd, compare.lease(key)[relation]('0')), relations[relation](0))
        assert.equal(await holds(etcd, compare.lease(key)[relation]('1')), relations[relation](-1))
      }
    })
  }

  it('compare.exists and compare.missing tell whether there is a key, or any of a range', async () => {
    await using etcd = server.connect()
    for (const [target, there] of [
      ['key', true],
      ['ke', false],
      [prefix('all/'), true],
      [prefix('none/'), false],
      [range('all/4', 'b'), false],
      [from('key'), true],
      [from('key\0'), false],
      [everything, true],
    ] as const) {
      assert.equal(await holds(etcd, compare.exists(target)), there)
      assert.equal(await holds(etcd, compare.missing(target)), !there)
    }
  })

  describe('conditions on a range', () => {
    const cases: readonly [string, Comparison<string>, boolean][] = [
      ['the value of all', compare.value(prefix('all/')).equals('m'), true],
      ['the value of all but one', compare.value(everything).lessThan('m'), false],
      ['a version of all', compare.version(prefix('all/')).greaterThan(0), true],
      ['a version of some', compare.version(prefix('all/')).equals(2), false],
      ['a version of a part', compare.version(range('all/2', 'all/3')).equals(2), true],
      ['a version not of any', compare.version(prefix('all/')).notEquals(4), true],
      ['a version not of all', compare.version(prefix('all/')).notEquals(3), false],
      ['from a key on', compare.version(from('all/3')).equals(3), true],
      ['no keys, a number', compare.version(prefix('none/')).equals(0), true],
      ['no keys, another number', compare.version(prefix('none/')).greaterThan(0), false],
      ['no keys, a value', compare.value(prefix('none/')).notEquals('m'), false],
      ['no lease of any', compare.lease(prefix('all/')).equals('0'), true],
    ]
    for (const [name, condition, expected] of cases) {
      it(`a condition on a range must hold for each of its keys: ${name}`, async () => {
        await using etcd = server.connect()
        assert.equal(await holds(etcd, condition), expected)
      })
    }
  })

  it('conditions must all hold', async () => {
    await using etcd = server.connect()
    const yes = compare.exists('key')
    const no = compare.missing('key')
    assert.equal(await holds(etcd, yes, yes, yes), true)
    assert.equal(await holds(etcd, yes, yes, no), false)
    assert.equal(await holds(etcd, no, yes, yes), false)
  })

  it('compare.value compares what the codec of the keyspace writes', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix(), json<{ a: number }>())
    await keys.put('k', { a: 1 })
    const equal = await keys.txn({ if: [compare.value('k').equals({ a: 1 })] })
    const other = await keys.txn({ if: [compare.value('k').equals({ a: 2 })] })
    assert.deepEqual([equal.succeeded, other.succeeded], [true, false])
  })

  it('conditions are checked against the newest state, whatever the operations read', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const { revision } = await etcd.put(key, 'old')
    await etcd.put(key, 'new')
    const result = await etcd.txn({
      if: [compare.value(key).equals('new')],
      then: [op.get(key, { revision })],
    })
    assert.ok(result.succeeded)
    assert.equal(result.results[0]?.value, 'old')
  })

  it('etcd.call(KV.txn): a relation that does not exist holds, an operand not given is 0', async () => {
    await using etcd = server.connect()
    const key = Buffer.from(`${at}key`)
    const missing = Buffer.from(`${at}missing`)
    const odd = await etcd.call(KV.txn, { compare: [{ key, result: 9, version: 99 }] })
    const zero = await etcd.call(KV.txn, { compare: [{ key: missing }] })
    const notZero = await etcd.call(KV.txn, { compare: [{ key }] })
    assert.deepEqual([odd.succeeded, zero.succeeded, notZero.succeeded], [true, true, false])
  })
})
