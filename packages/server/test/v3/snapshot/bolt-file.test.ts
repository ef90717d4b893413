// What is written is read again by a reader that shares nothing with the writer. A real etcd reads it in
// `tests/server/snapshot.test.ts`.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { writeBoltFile } from '../../../src/v3/snapshot/bolt-file.ts'
import { readBoltFile } from './bolt-reader.ts'

const bytes = (maxLength: number) =>
  fc.uint8Array({ minLength: 1, maxLength, size: 'max' }).map((array) => Buffer.from(array))

const entries = fc
  .uniqueArray(fc.tuple(bytes(40), fc.oneof(bytes(100), bytes(9000))), {
    maxLength: 200,
    size: 'max',
    selector: ([key]) => key.toString('hex'),
  })
  .map((list) => list.toSorted(([a], [b]) => Buffer.compare(a, b)))

test('writeBoltFile writes what can be read again', () => {
  const property = fc.property(entries, entries, (one, other) => {
    const file = writeBoltFile([
      { name: 'z', entries: one.map(([key, value]) => ({ key, value })) },
      { name: 'empty', entries: [] },
      { name: 'a', entries: other.map(([key, value]) => ({ key, value })) },
    ])
    const read = readBoltFile(Buffer.from(file))
    assert.deepEqual([...read.keys()], ['a', 'empty', 'z'])
    assert.deepEqual([read.get('z'), read.get('a'), read.get('empty')], [one, other, []])
  })
  fc.assert(property, { numRuns: 30 })
})

test('writeBoltFile writes trees of several floors', () => {
  const many = Array.from({ length: 60_000 }, (_, n) => {
    const key = Buffer.alloc(8)
    key.writeBigUInt64BE(BigInt(n))
    return { key, value: Buffer.from(`value ${n}`) }
  })
  const read = readBoltFile(Buffer.from(writeBoltFile([{ name: 'many', entries: many }])))
  assert.equal(read.get('many')?.length, many.length)
  assert.equal(read.get('many')?.[59_999]?.[1].toString(), 'value 59999')
})
