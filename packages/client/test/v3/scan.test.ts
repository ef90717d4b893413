import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import { everything, prefix } from '../../src/v3/range.ts'
import { scripted } from './support/scripted.ts'

const encoded = (value: string): Uint8Array => new TextEncoder().encode(value)
const shown = (value: unknown): string => new TextDecoder().decode(value as Uint8Array)

function page(keys: readonly string[], options: { more: boolean; valueBytes?: number }): object {
  const value = new Uint8Array(options.valueBytes ?? 1)
  const kvs = keys.map((key) => ({ key: encoded(key), value, modRevision: 1 }))
  return { header: { revision: 40 }, kvs, more: options.more, count: 100 }
}

const keysUpTo = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `k${index}`)

async function readAll<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const read: T[] = []
  for await (const entry of entries) read.push(entry)
  return read
}

describe('etcd.scan', () => {
  it('reads page after page at the revision of the first', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(prefix('k'), { pageSize: 2 }))
    const first = await transport.lastCall()
    assert.deepEqual(
      [
        shown(first.request.key),
        shown(first.request.rangeEnd),
        first.request.limit,
        first.request.revision,
      ],
      ['k', 'l', 2, 0],
    )
    first.answer(page(['ka', 'kb'], { more: true }))
    const second = await transport.lastCall()
    assert.deepEqual(
      [
        shown(second.request.key),
        shown(second.request.rangeEnd),
        second.request.limit,
        second.request.revision,
      ],
      ['kb\0', 'l', 2, 40],
    )
    second.answer(page(['kc'], { more: false }))
    assert.deepEqual(
      (await read).map(({ key }) => key),
      ['ka', 'kb', 'kc'],
    )
    assert.equal(transport.calls.length, 2)
  })

  it('reads backwards from the last key of each page', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(everything, { pageSize: 1, order: 'descending', revision: 7 }))
    ;(await transport.lastCall()).answer(page(['b'], { more: true }))
    const second = await transport.lastCall()
    assert.deepEqual(
      [
        shown(second.request.key),
        shown(second.request.rangeEnd),
        second.request.sortOrder,
        second.request.revision,
      ],
      ['\0', 'b', 2, 7],
    )
    second.answer(page(['\0'], { more: true }))
    // Nothing comes before it, and as an end it would mean none.
    assert.equal((await read).length, 2)
  })

  it('asks for more of what is small, and for less of what is large', async () => {
    const { etcd, transport } = scripted()
    const scan = etcd.scan(everything)
    const limits: unknown[] = []
    const read = readAll(scan)
    for (const valueBytes of [1, 1, 100, 1, 500_000, 1, undefined]) {
      const call = await transport.lastCall()
      limits.push(call.request.limit)
      call.answer(
        page(keysUpTo(8), { more: valueBytes !== undefined, valueBytes: valueBytes ?? 1 }),
      )
    }
    assert.equal((await read).length, 56)
    assert.deepEqual(limits, [16, 64, 256, 1024, 1024, 2, 8])
  })

  it('asks for a smaller page where one is more than a message can be', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(everything, { pageSize: 8 }))
    const limits: unknown[] = []
    for (const tooLarge of [true, true, false]) {
      const call = await transport.lastCall()
      limits.push(call.request.limit)
      if (tooLarge) call.fail(new EtcdError('too large', { code: 'message-too-large' }))
      else call.answer(page(['a'], { more: false }))
    }
    assert.equal((await read).length, 1)
    assert.deepEqual(limits, [8, 2, 1])
  })

  it('reads no page that nobody asks for', async () => {
    const { etcd, transport } = scripted()
    const scan = etcd.scan(everything, { pageSize: 2 })
    const next = scan.next()
    ;(await transport.lastCall()).answer(page(['a', 'b'], { more: true }))
    assert.equal((await next).value?.key, 'a')
    await scan.return()
    assert.equal(transport.calls.length, 1)
  })

  it('of keys only asks for no values', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(everything, { keysOnly: true }))
    const call = await transport.lastCall()
    assert.equal(call.request.keysOnly, true)
    call.answer(page(['a'], { more: false, valueBytes: 0 }))
    assert.equal((await read)[0]?.value, undefined)
  })

  it('throws what a page rejects with', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(prefix('a')))
    ;(await transport.lastCall()).fail(new EtcdError('no', { code: 'permission-denied' }))
    await assert.rejects(read, { message: 'Cannot scan prefix "a": no' })
  })
})
