import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactedError, EtcdError } from '@etcdkit/protocol'
import { everything, prefix } from '../../src/v3/range.ts'
import { flush } from './support/manual-clock.ts'
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

const unimplemented = new EtcdError('unknown method', { code: 'unimplemented' })

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
      // A server without streams.
      if (limits.length === 1) await transport.last.fail(unimplemented)
      const call = await transport.lastCall()
      limits.push(call.request.limit)
      call.answer(
        page(keysUpTo(8), { more: valueBytes !== undefined, valueBytes: valueBytes ?? 1 }),
      )
      await flush()
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

describe('etcd.scan of a server with RangeStream', () => {
  const firstPage = page(keysUpTo(16), { more: true })
  const pieceOf = (keys: readonly string[], last = false): object => {
    const { kvs } = page(keys, { more: false }) as { kvs: object[] }
    return { rangeResponse: last ? { kvs, header: { revision: 50 }, count: 3 } : { kvs } }
  }

  it('reads what follows the first page as a stream, at the revision of the page', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(prefix('k'), { serializable: true, endpoint: 'http://b:1' }))
    ;(await transport.lastCall()).answer(firstPage)
    await flush()
    const { sent, halfClosed, options } = transport.last
    const [request] = sent
    assert.deepEqual(
      [shown(request?.key), shown(request?.rangeEnd), request?.revision, request?.limit],
      ['k15\0', 'l', 40, 0],
    )
    assert.deepEqual([request?.serializable, halfClosed], [true, true])
    assert.equal(options?.endpoint, 'http://b:1')
    await transport.last.push(pieceOf(['k2', 'k3']))
    await transport.last.push(pieceOf([]))
    await transport.last.push(pieceOf(['k4'], true))
    await transport.last.finish()
    assert.deepEqual(
      (await read).map(({ key }) => key),
      [...keysUpTo(16), 'k2', 'k3', 'k4'],
    )
    assert.equal(transport.calls.length, 1)
  })

  it('asks for no stream where one page is all', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(prefix('k')))
    ;(await transport.lastCall()).answer(page(['a'], { more: false }))
    await read
    assert.equal(transport.streams.length, 0)
  })

  for (const [how, end] of [
    ['breaks', (code: 'connection-lost') => new EtcdError('cut', { code })],
    ['ends with OK before its last piece', undefined],
  ] as const) {
    it(`goes on after the last key read where a stream ${how}: by a page, and another stream`, async () => {
      const { etcd, transport } = scripted()
      const read = readAll(etcd.scan(prefix('k')))
      ;(await transport.lastCall()).answer(firstPage)
      await flush()
      await transport.last.push(pieceOf(['k2', 'k3']))
      if (end === undefined) await transport.last.finish()
      else await transport.last.fail(end('connection-lost'))
      const { request, answer } = await transport.lastCall()
      assert.deepEqual([shown(request.key), request.revision], ['k3\0', 40])
      answer(page(['k4'], { more: true }))
      await flush()
      assert.equal(transport.streams.length, 2)
      assert.equal(shown(transport.last.sent[0]?.key), 'k4\0')
      await transport.last.push(pieceOf(['k5'], true))
      assert.deepEqual(
        (await read).map(({ key }) => key),
        [...keysUpTo(16), 'k2', 'k3', 'k4', 'k5'],
      )
    })
  }

  it('is asked for a stream once in a client when it has none, whatever the keyspace', async () => {
    const { etcd, transport } = scripted()
    for (const keys of [etcd, etcd.keyspace('a/')]) {
      const read = readAll(keys.scan(everything))
      ;(await transport.lastCall()).answer(firstPage)
      await flush()
      if (keys === etcd) await transport.last.fail(unimplemented)
      ;(await transport.lastCall()).answer(page(['z'], { more: false }))
      assert.equal((await read).length, 17)
    }
    assert.deepEqual([transport.streams.length, transport.calls.length], [1, 4])
  })

  it('reads on in pages where a piece is more than a message can be, and streams the next time', async () => {
    const { etcd, transport } = scripted()
    const tooLarge = new EtcdError('too large', { code: 'message-too-large' })
    for (const streams of [1, 2]) {
      const read = readAll(etcd.scan(everything))
      ;(await transport.lastCall()).answer(firstPage)
      await flush()
      assert.equal(transport.streams.length, streams)
      await transport.last.fail(tooLarge)
      ;(await transport.lastCall()).answer(firstPage)
      await flush()
      ;(await transport.lastCall()).answer(page(['z'], { more: false }))
      assert.equal((await read).length, 33)
    }
  })

  it('throws what a stream ends with for good', async () => {
    const { etcd, transport } = scripted()
    const read = readAll(etcd.scan(prefix('k')))
    ;(await transport.lastCall()).answer(firstPage)
    await flush()
    const refusal = assert.rejects(read, { message: 'Cannot scan prefix "k": gone' })
    await transport.last.fail(new CompactedError('gone', { compactRevision: 41 }))
    await refusal
  })

  it('cancels the stream when the loop is left', async () => {
    const { etcd, transport } = scripted()
    const scan = etcd.scan(prefix('k'))
    const first = scan.next()
    ;(await transport.lastCall()).answer(page(['k0'], { more: true }))
    await first
    const second = scan.next()
    await flush()
    await transport.last.push(pieceOf(['k1', 'k2']))
    assert.equal((await second).value?.key, 'k1')
    await scan.return()
    assert.ok(transport.last.canceled)
  })

  for (const options of [
    { pageSize: 2 },
    { order: 'descending' },
    { minModRevision: 1 },
    { maxCreateRevision: 9 },
  ] as const) {
    it(`reads in pages with ${JSON.stringify(options)}, which no stream can do`, async () => {
      const { etcd, transport } = scripted()
      const read = readAll(etcd.scan(everything, options))
      ;(await transport.lastCall()).answer(page(['b', 'c'], { more: true }))
      await flush()
      ;(await transport.lastCall()).answer(page(['d'], { more: false }))
      assert.equal((await read).length, 3)
      assert.equal(transport.streams.length, 0)
    })
  }
})

describe('etcd.list of more than a message can be', () => {
  const tooLarge = new EtcdError('the answer is too large', { code: 'message-too-large' })

  it('reads in pieces at one revision, as if it had come in one', async () => {
    const { etcd, transport } = scripted()
    const list = etcd.list(prefix('k'))
    ;(await transport.lastCall()).fail(tooLarge)
    const first = await transport.lastCall()
    assert.deepEqual([first.request.limit, first.request.revision], [16, 0])
    first.answer(page(['k1', 'k2'], { more: true }))
    await flush()
    assert.equal(transport.last.sent[0]?.revision, 40)
    const { kvs } = page(['k3'], { more: false }) as { kvs: object[] }
    await transport.last.push({ rangeResponse: { kvs, header: { revision: 60 }, count: 1 } })
    const { entries, count, more, revision } = await list
    assert.deepEqual(
      entries.map(({ key }) => key),
      ['k1', 'k2', 'k3'],
    )
    assert.deepEqual([count, more, revision], [100, false, 40])
  })

  it('keeps to its limit, and says whether there is more', async () => {
    for (const more of [true, false]) {
      const { etcd, transport } = scripted()
      const list = etcd.list(prefix('k'), { limit: 3, order: 'descending', keysOnly: true })
      ;(await transport.lastCall()).fail(tooLarge)
      const first = await transport.lastCall()
      assert.deepEqual([first.request.limit, first.request.sortOrder], [3, 2])
      first.answer(page(['k4', 'k3'], { more: true }))
      const second = await transport.lastCall()
      assert.deepEqual([second.request.limit, second.request.revision], [1, 40])
      second.answer(page(['k2'], { more }))
      const result = await list
      assert.deepEqual([result.entries.length, result.more], [3, more])
      assert.equal(transport.streams.length, 0)
    }
  })

  it('ends with its own limit in time, not with one for each piece', async () => {
    const { etcd, transport, clock } = scripted()
    const list = etcd.list(prefix('k'), { timeoutMs: 100 })
    const first = await transport.lastCall()
    assert.equal(first.options?.timeoutMs, 100)
    clock.stall(70)
    first.fail(tooLarge)
    const second = await transport.lastCall()
    assert.equal(second.options?.timeoutMs, 30)
    second.fail(new EtcdError('late', { code: 'deadline-exceeded' }))
    await assert.rejects(list, { message: 'Cannot list prefix "k": late' })
  })

  it('rejects where only the server could do it: one entry too large, or another order than by key', async () => {
    const { etcd, transport } = scripted()
    const sorted = etcd.list(prefix('k'), { sort: 'modRevision' })
    ;(await transport.lastCall()).fail(tooLarge)
    await assert.rejects(sorted, { code: 'message-too-large' })
    const list = etcd.list(prefix('k'))
    const refusal = assert.rejects(list, {
      message: 'Cannot list prefix "k": the answer is too large',
    })
    for (const limit of [0, 16, 4, 1]) {
      const call = await transport.lastCall()
      assert.equal(call.request.limit, limit)
      call.fail(tooLarge)
    }
    await refusal
  })
})
