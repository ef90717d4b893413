// What list and count find, and in which order. Section 3 of reference/server-v3.md, and the cases of etcd's own
// TestKVGet and TestV3RangeRequest.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { KV, SortTarget } from '@etcdkit/protocol'
import {
  everything,
  from,
  type KeyRange,
  type Keyspace,
  type ListOptions,
  type ListResult,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { differencesOf } from './support/differences.ts'
import { collect, factsOf, keysOf } from './support/entries.ts'
import { grantLease } from './support/leases.ts'
import { etcdErrorOf } from './support/rejections.ts'

/** The puts of the table, in their order; the nth is at the nth revision from the start, counted from 1. */
const puts = [
  ['a', '6'],
  ['b', '5'],
  ['c', '4'],
  ['c', '3'],
  ['c', '2'],
  ['foo', '7'],
  ['foo/abc', '1'],
  ['fop', '0'],
] as const

const all = ['a', 'b', 'c', 'foo', 'foo/abc', 'fop']
const reversed = all.toReversed()
const byValue = ['fop', 'foo/abc', 'c', 'b', 'a', 'foo']

/** A row of the table. Revisions in its options count from the start of the puts. */
interface RangeCase {
  readonly name: string
  readonly target: string | KeyRange
  readonly options?: ListOptions
  readonly keys: readonly string[]
  /** Default: as many as there are keys in the answer. */
  readonly count?: number
  readonly more?: true
}

const cases: readonly RangeCase[] = [
  // Which keys.
  { name: 'one key', target: 'a', keys: ['a'] },
  { name: 'a missing key', target: 'aa', keys: [] },
  { name: 'a key is no prefix', target: 'fo', keys: [] },
  { name: '[a, c)', target: range('a', 'c'), keys: ['a', 'b'] },
  { name: '[a, c + zero byte)', target: range('a', 'c\0'), keys: ['a', 'b', 'c'] },
  { name: '[b, b)', target: range('b', 'b'), keys: [] },
  { name: '[c, a)', target: range('c', 'a'), keys: [] },
  { name: 'between two keys', target: range('d', 'e'), keys: [] },
  { name: 'from the middle to the middle', target: range('aa', 'foo/'), keys: ['b', 'c', 'foo'] },
  { name: 'the empty prefix', target: prefix(''), keys: all },
  { name: 'prefix foo', target: prefix('foo'), keys: ['foo', 'foo/abc'] },
  { name: 'prefix foo/', target: prefix('foo/'), keys: ['foo/abc'] },
  { name: 'prefix fo', target: prefix('fo'), keys: ['foo', 'foo/abc', 'fop'] },
  { name: 'prefix of nothing', target: prefix('x'), keys: [] },
  { name: 'prefix of 0xff', target: prefix(new Uint8Array([0xff])), keys: [] },
  { name: 'from the empty key', target: from(''), keys: all },
  { name: 'from the zero byte', target: from('\0'), keys: all },
  { name: 'from c', target: from('c'), keys: ['c', 'foo', 'foo/abc', 'fop'] },
  { name: 'from c + zero byte', target: from('c\0'), keys: ['foo', 'foo/abc', 'fop'] },
  { name: 'from after the last', target: from('g'), keys: [] },
  { name: 'everything', target: everything, keys: all },

  // The limit.
  {
    name: 'limit 2',
    target: everything,
    options: { limit: 2 },
    keys: ['a', 'b'],
    count: 6,
    more: true,
  },
  { name: 'limit of all', target: everything, options: { limit: 6 }, keys: all },
  { name: 'limit above all', target: everything, options: { limit: 7 }, keys: all },
  { name: 'limit 0', target: everything, options: { limit: 0 }, keys: all },
  {
    name: 'limit after a descending sort',
    target: everything,
    options: { limit: 2, order: 'descending' },
    keys: ['fop', 'foo/abc'],
    count: 6,
    more: true,
  },
  {
    name: 'limit after a sort by value',
    target: everything,
    options: { limit: 1, sort: 'value' },
    keys: ['fop'],
    count: 6,
    more: true,
  },

  // The order.
  { name: 'by key', target: everything, options: { sort: 'key' }, keys: all },
  {
    name: 'by key, descending',
    target: everything,
    options: { order: 'descending' },
    keys: reversed,
  },
  { name: 'by value', target: everything, options: { sort: 'value' }, keys: byValue },
  {
    name: 'by value, descending',
    target: everything,
    options: { sort: 'value', order: 'descending' },
    keys: byValue.toReversed(),
  },
  { name: 'by createRevision', target: everything, options: { sort: 'createRevision' }, keys: all },
  {
    name: 'by createRevision, descending',
    target: everything,
    options: { sort: 'createRevision', order: 'descending' },
    keys: reversed,
  },
  { name: 'by modRevision', target: everything, options: { sort: 'modRevision' }, keys: all },
  {
    name: 'by modRevision, descending',
    target: everything,
    options: { sort: 'modRevision', order: 'descending' },
    keys: reversed,
  },
  {
    name: 'by version',
    target: range('b', 'd'),
    options: { sort: 'version', order: 'ascending' },
    keys: ['b', 'c'],
  },
  {
    name: 'by version, descending',
    target: range('b', 'd'),
    options: { sort: 'version', order: 'descending' },
    keys: ['c', 'b'],
  },

  // The revision.
  { name: 'revision 0 is the newest', target: everything, options: { revision: 0 }, keys: all },
  { name: 'at the first put', target: everything, options: { revision: 1 }, keys: ['a'] },
  { name: 'at the third put', target: everything, options: { revision: 3 }, keys: ['a', 'b', 'c'] },
  { name: 'at the last put', target: everything, options: { revision: 8 }, keys: all },

  // The bounds, inclusive, and never seen in the count.
  {
    name: 'minModRevision',
    target: everything,
    options: { minModRevision: 6 },
    keys: all.slice(3),
    count: 6,
  },
  {
    name: 'maxModRevision',
    target: everything,
    options: { maxModRevision: 5 },
    keys: ['a', 'b', 'c'],
    count: 6,
  },
  {
    name: 'maxModRevision of an older put',
    target: everything,
    options: { maxModRevision: 4 },
    keys: ['a', 'b'],
    count: 6,
  },
  {
    name: 'minModRevision and maxModRevision',
    target: everything,
    options: { minModRevision: 2, maxModRevision: 6 },
    keys: ['b', 'c', 'foo'],
    count: 6,
  },
  {
    name: 'minCreateRevision',
    target: everything,
    options: { minCreateRevision: 3 },
    keys: all.slice(2),
    count: 6,
  },
  {
    name: 'maxCreateRevision',
    target: everything,
    options: { maxCreateRevision: 3 },
    keys: ['a', 'b', 'c'],
    count: 6,
  },
  {
    name: 'bounds on both revisions',
    target: everything,
    options: { minModRevision: 5, maxCreateRevision: 6 },
    keys: ['c', 'foo'],
    count: 6,
  },
  {
    name: 'bounds that leave out all',
    target: everything,
    options: { minModRevision: 7, maxModRevision: 6 },
    keys: [],
    count: 6,
  },
  {
    name: 'limit after the bounds',
    target: everything,
    options: { minModRevision: 6, limit: 2 },
    keys: ['foo', 'foo/abc'],
    count: 6,
    more: true,
  },
  {
    name: 'more is of what the bounds leave',
    target: everything,
    options: { maxModRevision: 2, limit: 2 },
    keys: ['a', 'b'],
    count: 6,
  },
  {
    name: 'bounds, sort, limit and revision at once',
    target: from('b'),
    options: { minCreateRevision: 2, sort: 'value', order: 'descending', limit: 2, revision: 7 },
    keys: ['foo', 'b'],
    count: 4,
    more: true,
  },
]

const revisionOptions = [
  'revision',
  'minModRevision',
  'maxModRevision',
  'minCreateRevision',
  'maxCreateRevision',
] as const

forEachServer('range', (server) => {
  failOnLeaks()
  const at = uniquePrefix()
  let start = 0

  before(async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(at)
    for (const [key, value] of puts) {
      const { revision } = await keys.put(key, value)
      if (start === 0) start = revision - 1
    }
  })

  /** The options with revisions as the server counts them. */
  function absolute(options: ListOptions = {}): ListOptions {
    const shifted = revisionOptions.map((name) => [name, options[name] && options[name] + start])
    return { ...options, ...Object.fromEntries(shifted) }
  }

  describe('etcd.list', () => {
    for (const { name, target, options, keys, count = keys.length, more = false } of cases) {
      it(`etcd.list: ${name}`, async () => {
        await using etcd = server.connect()
        const view = etcd.keyspace(at)
        const given = absolute(options)
        const full = await view.list(target, given)
        assert.deepEqual([keysOf(full.entries), full.count, full.more], [keys, count, more])
        await assertSameWithoutValues(view, target, given, full)
        if (options === undefined || options.revision !== undefined) {
          assert.equal(await view.count(target, { revision: given.revision }), count)
        }
      })
    }
  })

  it('etcd.list of a revision to come rejects with future-revision', async () => {
    await using etcd = server.connect()
    const { revision } = await etcd.list(prefix(at))
    await etcdErrorOf(etcd.list(prefix(at), { revision: revision + 1 }), 'future-revision')
    await etcdErrorOf(etcd.count(prefix(at), { revision: revision + 1 }), 'future-revision')
  })

  it('etcd.list with serializable finds the same on the only member', async () => {
    await using etcd = server.connect()
    const { entries } = await etcd.keyspace(at).list(everything, { serializable: true })
    assert.deepEqual(keysOf(entries), all)
  })

  it('list.keysOnly leaves out the value and nothing else that the server tells', async () => {
    await using etcd = server.connect()
    const key = `${uniquePrefix()}a`
    const lease = await grantLease(etcd)
    await etcd.put(key, 'first', { lease })
    const { revision } = await etcd.put(key, 'second', { lease })
    const { entries } = await etcd.list(key, { keysOnly: true })
    assert.deepEqual(entries.map(factsOf), [
      {
        key,
        value: undefined,
        createRevision: revision - 1,
        modRevision: revision,
        version: 2,
        lease: differencesOf(server).keysOnlyTellsLease ? lease : undefined,
      },
    ])
  })

  it('list.revision tells the newest revision, whichever was read at', async () => {
    await using etcd = server.connect()
    const { revision } = await etcd.put(`${uniquePrefix()}a`, '1')
    assert.equal((await etcd.list(prefix(at), { revision: start + 1 })).revision, revision)
  })

  it('etcd.call(KV.range) counts without keys, also when asked for keys only', async () => {
    await using etcd = server.connect()
    const key = Buffer.from(at)
    const question = { key, rangeEnd: Buffer.from(at.replace(/\/$/, '0')), countOnly: true }
    for (const keysOnly of [false, true]) {
      const { kvs, more, count } = await etcd.call(KV.range, { ...question, keysOnly, limit: 1 })
      assert.deepEqual({ kvs, more, count }, { kvs: [], more: false, count: all.length })
    }
  })

  it('etcd.call(KV.range) takes what is below zero as not given', async () => {
    await using etcd = server.connect()
    const question = { key: Buffer.from(at), rangeEnd: Buffer.from(at.replace(/\/$/, '0')) }
    const answer = await etcd.call(KV.range, { ...question, revision: -5, limit: -1 })
    assert.deepEqual([answer.kvs.length, answer.more], [all.length, false])
  })

  it('etcd.call(KV.range) sorts upwards by what it is told to, when not told which way', async () => {
    await using etcd = server.connect()
    const question = { key: Buffer.from(at), rangeEnd: Buffer.from(at.replace(/\/$/, '0')) }
    const { kvs } = await etcd.call(KV.range, { ...question, sortTarget: SortTarget.VALUE })
    assert.deepEqual(
      kvs.map(({ key }) => Buffer.from(key).toString().slice(at.length)),
      byValue,
    )
  })

  it('etcd.stream(KV.rangeStream) answers in pieces, where there is such a thing', async () => {
    await using etcd = server.connect()
    const stream = etcd.stream(KV.rangeStream)
    stream.send({ key: Buffer.from(at), rangeEnd: Buffer.from(at.replace(/\/$/, '0')) })
    stream.end()
    const answered = collect(stream)
    if (differencesOf(server).rangeStream === 'unimplemented') {
      await etcdErrorOf(answered, 'unimplemented')
      return
    }
    const kvs = (await answered).flatMap(({ rangeResponse }) => rangeResponse?.kvs ?? [])
    assert.deepEqual(
      kvs.map(({ key }) => Buffer.from(key).toString().slice(at.length)),
      all,
    )
  })

  it('etcd.call(KV.range) with an order that does not exist', async () => {
    await using etcd = server.connect()
    const asked = etcd.call(KV.range, { key: Buffer.from(`${at}a`), sortOrder: 9 })
    const { unknownSortOrder } = differencesOf(server)
    if (unknownSortOrder === 'ignored') assert.equal((await asked).count, 1)
    else await etcdErrorOf(asked, unknownSortOrder)
  })
})

/** Asked for keys only, the answer is the same without its values. */
async function assertSameWithoutValues(
  view: Keyspace<string, unknown>,
  target: string | KeyRange,
  options: ListOptions,
  full: ListResult<string>,
): Promise<void> {
  const bare = await view.list(target, { ...options, keysOnly: true })
  assert.deepEqual([bare.count, bare.more], [full.count, full.more])
  const expected = full.entries.map((entry) => ({ ...factsOf(entry), value: undefined }))
  assert.deepEqual(bare.entries.map(factsOf), expected)
  assert.ok(bare.entries.every(({ valueBytes }) => valueBytes.length === 0))
}
