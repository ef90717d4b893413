import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { DynamicTable } from '../../../src/http2/hpack/dynamic-table.ts'

function entriesOf(table: DynamicTable): string[] {
  return Array.from({ length: table.length }, (_, i) => `${table.nameAt(i)}=${table.valueAt(i)}`)
}

describe('DynamicTable', () => {
  it('counts 32 bytes for each entry beside its name and value', () => {
    const table = new DynamicTable(4096)
    table.insert('custom-key', 'custom-header')
    assert.equal(table.size, 55)
  })

  it('evicts the oldest to make room', () => {
    const table = new DynamicTable(3 * 34)
    for (const name of ['a', 'b', 'c', 'd']) table.insert(name, '1')
    assert.deepEqual(entriesOf(table), ['d=1', 'c=1', 'b=1'])
  })

  it('is emptied by an entry larger than itself', () => {
    const table = new DynamicTable(40)
    table.insert('a', '1')
    table.insert('a', 'larger than the table')
    assert.equal(table.length, 0)
    assert.equal(table.size, 0)
  })

  it('takes an entry of exactly its size', () => {
    const table = new DynamicTable(34)
    table.insert('a', '1')
    assert.deepEqual(entriesOf(table), ['a=1'])
  })

  it('evicts when it is made smaller, and not when larger', () => {
    const table = new DynamicTable(4096)
    for (const name of ['a', 'b', 'c']) table.insert(name, '1')
    table.resize(67)
    assert.deepEqual(entriesOf(table), ['c=1'])
    table.resize(4096)
    assert.deepEqual(entriesOf(table), ['c=1'])
    table.resize(0)
    assert.equal(table.length, 0)
  })

  it('is a queue bounded by size, for any insertions and sizes', () => {
    const insertion = fc.record({ name: fc.nat(12), value: fc.nat(40) })
    const command = fc.oneof({ weight: 30, arbitrary: insertion }, fc.nat(6000))
    fc.assert(
      fc.property(fc.array(command, { maxLength: 300, size: 'max' }), (commands) => {
        const table = new DynamicTable(4096)
        const model = { entries: [] as [string, string][], maxSize: 4096 }
        for (const [i, c] of commands.entries()) {
          if (typeof c === 'number') {
            table.resize(c)
            model.maxSize = c
          } else {
            const entry: [string, string] = [`${i}`.padStart(c.name, 'n'), 'v'.repeat(c.value)]
            table.insert(...entry)
            model.entries.unshift(entry)
          }
          const size = () =>
            model.entries.reduce((sum, [n, v]) => sum + n.length + v.length + 32, 0)
          while (size() > model.maxSize) model.entries.pop()
          assert.equal(table.size, size())
          assert.equal(table.maxSize, model.maxSize)
        }
        assert.deepEqual(
          entriesOf(table),
          model.entries.map(([n, v]) => `${n}=${v}`),
        )
      }),
    )
  })
})
