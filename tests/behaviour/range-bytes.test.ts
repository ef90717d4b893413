// Ranges of any bytes: where they end, that they belong to themselves, and that the server's answers are those of a
// naive model.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  bytes,
  type Etcd,
  everything,
  from,
  type KeyRange,
  type Keyspace,
  type ListOptions,
  prefix,
  range,
  type SortKey,
} from 'etcdkit'
import fc from 'fast-check'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { anyTarget, hex, isWithin, type Target, unhex } from './support/arbitrary-keys.ts'

const tails = [[0xfe], [0xff], [0xff, 0x00], [0xff, 0xff], [0xff, 0xff, 0x01]]

forEachServer('range bytes', (server) => {
  failOnLeaks()

  it('everything, the empty prefix, and from the very first key are the whole store', async () => {
    await using etcd = server.connect()
    const names = [uniquePrefix(), uniquePrefix(), '\0first', '\u{10ffff}last']
    await Promise.all(names.map((name) => etcd.put(name, '1')))
    const whole = await hexKeys(etcd, everything)
    assert.deepEqual(whole.toSorted(), whole)
    assert.ok(names.every((name) => whole.includes(hex(Buffer.from(name)))))
    for (const target of [prefix(''), from(''), from('\0'), from(new Uint8Array(0))]) {
      assert.deepEqual(await hexKeys(etcd, target), whole)
    }
  })

  it('prefix ends before the next prefix, also where bytes are 0xff', async () => {
    await using etcd = server.connect()
    const head = uniquePrefix()
    const keys = tails.map((tail) => joined(head, tail))
    await Promise.all(keys.map((key) => etcd.put(key, '1')))
    const expected = keys.map(hex)
    assert.deepEqual(await hexKeys(etcd, prefix(joined(head, []))), expected)
    assert.deepEqual(await hexKeys(etcd, prefix(joined(head, [0xfe]))), expected.slice(0, 1))
    assert.deepEqual(await hexKeys(etcd, prefix(joined(head, [0xff]))), expected.slice(1))
    assert.deepEqual(await hexKeys(etcd, prefix(joined(head, [0xff, 0xff]))), expected.slice(3))
  })

  it('a range made of a Buffer is the range of its bytes, and leaves the Buffer alone', async () => {
    await using etcd = server.connect()
    const head = uniquePrefix()
    await Promise.all(['a', 'b'].map((name) => etcd.put(head + name, '1')))
    const given = Buffer.from(head)
    const targets: readonly [string, KeyRange][] = [
      ['prefix', prefix(given)],
      ['range', range(given, Buffer.from(`${head}z`))],
    ]
    assert.equal(given.toString(), head)
    for (const [name, target] of targets) assert.equal(await etcd.count(target), 2, name)
  })

  for (const [kind, make] of [
    ['Uint8Array', (text: string): Uint8Array => new TextEncoder().encode(text)],
    ['Buffer', (text: string): Uint8Array => Buffer.from(text)],
  ] as const) {
    it(`a range has bytes of its own: what becomes of the ${kind} it was made of does not matter`, async () => {
      await using etcd = server.connect()
      const head = uniquePrefix()
      await etcd.put(`${head}a`, '1')
      const given = [
        make(`${head}a`),
        make(`${head}a`),
        make(`${head}b`),
        make(`${head}a`),
      ] as const
      const targets = [prefix(given[0]), range(given[1], given[2]), from(given[3])]
      for (const each of given) each.fill(0xff)
      for (const target of targets) {
        const [first] = await hexKeys(etcd, target)
        assert.equal(first, hex(Buffer.from(`${head}a`)))
      }
    })
  }

  it('etcd.list, etcd.count and etcd.scan answer as a naive model does', async () => {
    await using etcd = server.connect()
    const view = etcd.keyspace(uniquePrefix(), bytes)
    const model = await fill(view)
    await fc.assert(
      fc.asyncProperty(anyQuery, async ({ target, options }) => {
        const expected = ask(model, target, options)
        const { entries, count, more } = await view.list(target, options)
        assert.deepEqual(
          { keys: entries.map(({ keyBytes }) => hex(keyBytes)), count, more },
          expected,
        )
        assert.equal(await view.count(target), expected.count)
        const scanned: string[] = []
        for await (const { keyBytes } of view.scan(target, { pageSize: 2 })) {
          scanned.push(hex(keyBytes))
        }
        assert.deepEqual(scanned, ask(model, target, {}).keys)
      }),
      { numRuns: 50 },
    )
  })
})

/** A key of the model: no two have the same value, version or revisions, so that every order is one. */
interface ModelKey {
  readonly key: Uint8Array
  readonly value: number
  readonly version: number
  readonly createRevision: number
  readonly modRevision: number
}

const sorts: readonly SortKey[] = ['key', 'version', 'createRevision', 'modRevision', 'value']

const anyQuery: fc.Arbitrary<{ target: Target; options: ListOptions }> = fc.record({
  target: anyTarget,
  options: fc.record(
    {
      limit: fc.nat({ max: 6 }),
      sort: fc.constantFrom(...sorts),
      order: fc.constantFrom('ascending', 'descending'),
    },
    { requiredKeys: [] },
  ),
})

/** Puts some keys, the nth n times, and tells what is then there. */
async function fill(view: Keyspace<Uint8Array>): Promise<ModelKey[]> {
  const given = ['00', '01', '61', '6100', '6161', '61ff', '62', 'fe', 'ff', 'ff00', 'ffff']
  const model: ModelKey[] = []
  for (const [index, text] of given.entries()) {
    const key = unhex(text)
    const value = (index * 7) % given.length
    const puts = []
    for (let n = 0; n <= index; n++) puts.push(await view.put(key, new Uint8Array([value])))
    const revisions = puts.map(({ revision }) => revision)
    const [createRevision, modRevision] = [Math.min(...revisions), Math.max(...revisions)]
    model.push({ key, value, version: puts.length, createRevision, modRevision })
  }
  return model
}

/** What the server is to answer: keys in hexadecimal. */
function ask(
  model: readonly ModelKey[],
  target: Target,
  { limit = 0, sort = 'key', order = 'ascending' }: ListOptions,
): { keys: string[]; count: number; more: boolean } {
  const found = model.filter(({ key }) => isWithin(key, target))
  const sorted = found.toSorted((left, right) =>
    sort === 'key' ? Buffer.compare(left.key, right.key) : left[sort] - right[sort],
  )
  if (order === 'descending') sorted.reverse()
  const kept = limit === 0 ? sorted : sorted.slice(0, limit)
  const keys = kept.map(({ key }) => hex(key))
  return { keys, count: found.length, more: kept.length < found.length }
}

async function hexKeys(etcd: Etcd, target: KeyRange): Promise<string[]> {
  return (await etcd.list(target)).entries.map(({ keyBytes }) => hex(keyBytes))
}

function joined(head: string, tail: readonly number[]): Uint8Array {
  return Uint8Array.from([...Buffer.from(head), ...tail])
}
