import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactedError, EtcdError } from '@etcdkit/protocol'
import type { Watch } from '../../../src/v3/watch/watch.ts'
import type { Resync } from '../../../src/v3/watch/watch-event.ts'
import { flush } from '../support/manual-clock.ts'
import { type Scripted, scripted } from '../support/scripted.ts'
import { confirm, lastCreation, lost, puts, take } from '../support/watch-server.ts'

const compacted = (): CompactedError =>
  new CompactedError('required revision has been compacted', { compactRevision: 20 })

const kv = (key: string, modRevision: number): object => ({
  key: new TextEncoder().encode(key),
  value: new TextEncoder().encode(`v${modRevision}`),
  modRevision,
  createRevision: 1,
  version: 1,
})

/** A watch whose start is found to be compacted. */
async function overtaken(
  options: object = {},
): Promise<Scripted & { watch: Watch<string, Resync<string>> }> {
  const client = scripted()
  const watch = client.etcd.watch('a', { from: 2, resync: true, ...options })
  await cancelForCompaction(client)
  return { ...client, watch }
}

async function cancelForCompaction({ transport }: Scripted): Promise<void> {
  const watchId = await confirm(transport.last, 30)
  await transport.last.push({ watchId, canceled: true, compactRevision: 20 })
}

/** Answers the read of the state with one page. */
async function answerState(
  { transport }: Scripted,
  revision: number,
  kvs: readonly object[] = [],
): Promise<void> {
  const call = await transport.lastCall()
  assert.equal(call.name, 'Range')
  call.answer({ header: { revision }, kvs, count: kvs.length })
  await flush()
}

describe('a watch that resyncs', () => {
  it('lessons 1.12: tells the state at one revision, and goes on after it', async () => {
    const client = await overtaken()
    const { transport, watch } = client
    const events = watch[Symbol.asyncIterator]()
    await answerState(client, 40, [kv('a', 3), kv('b', 39)])
    assert.equal(lastCreation(transport.last).startRevision, 41)
    const watchId = await confirm(transport.last, 44)
    // What a server might tell twice is told once.
    await transport.last.push({ watchId, header: { revision: 44 }, events: puts(40, 41, 44) })
    const [state, ...changes] = await take(events, 3)
    assert.ok(state?.type === 'resync')
    assert.deepEqual([state.revision, state.compactRevision], [40, 20])
    assert.deepEqual(
      state.entries.map(({ key, value }) => [key, value]),
      [
        ['a', 'v3'],
        ['b', 'v39'],
      ],
    )
    assert.deepEqual(
      changes.map(({ type, revision }) => [type, revision]),
      [
        ['put', 41],
        ['put', 44],
      ],
    )
    watch.cancel()
  })

  it('does so when it is overtaken while its stream is broken, after what it was told before', async () => {
    const client = scripted()
    const { etcd, transport, clock } = client
    const watch = etcd.watch('a', { from: 2, resync: true })
    const batches = watch.batches()
    const watchId = await confirm(transport.last, 9)
    await transport.last.push({ watchId, header: { revision: 9 }, events: puts(2, 3) })
    await transport.last.fail(lost())
    await clock.advance(2)
    await cancelForCompaction(client)
    await answerState(client, 40)
    assert.equal(lastCreation(transport.last).startRevision, 41)
    assert.deepEqual(
      (await take(batches, 2)).map(({ kind, revision }) => [kind, revision]),
      [
        ['events', 3],
        ['resync', 40],
      ],
    )
    watch.cancel()
  })

  it('reads in pages at the revision of the first, and again when that is compacted on the way', async () => {
    const client = await overtaken()
    const { transport, watch } = client
    const first = await transport.lastCall()
    first.answer({ header: { revision: 40 }, kvs: [kv('a', 3)], more: true, count: 2 })
    const second = await nextCall(client, first)
    assert.equal(second.request.revision, 40)
    second.fail(compacted())
    const again = await nextCall(client, second)
    assert.equal(again.request.revision, 0)
    await answerState(client, 60, [kv('a', 55)])
    const [state] = await take(watch[Symbol.asyncIterator](), 1)
    assert.ok(state?.type === 'resync')
    assert.deepEqual([state.revision, state.entries.length], [60, 1])
    watch.cancel()
  })

  it('outlives any outage while it reads', async () => {
    const client = await overtaken()
    const { transport, clock, watch } = client
    for (let attempts = 0; attempts < 8; attempts++) {
      ;(await transport.lastCall()).fail(lost())
      await clock.advance(2000)
    }
    await answerState(client, 40)
    assert.equal((await watch.batches().next()).value?.kind, 'resync')
    watch.cancel()
    assert.equal(clock.pending, 0)
  })

  it('throws CompactedError when it is overtaken again and again', async () => {
    const { transport, watch } = await overtaken()
    for (let attempts = 0; attempts < 10; attempts++) (await transport.lastCall()).fail(compacted())
    await assert.rejects(watch.batches().next(), { code: 'compacted', compactRevision: 20 })
    assert.equal(transport.calls.length, 10)
  })

  it('throws what the server says to the read', async () => {
    const { transport, clock, watch } = await overtaken()
    const denied = new EtcdError('permission denied', { code: 'permission-denied' })
    ;(await transport.lastCall()).fail(denied)
    await assert.rejects(watch.batches().next(), {
      code: 'permission-denied',
      message: 'Cannot watch "a": permission denied',
    })
    assert.equal(clock.pending, 0)
  })

  it('throws resource-exhausted when the state is larger than allowed', async () => {
    const client = await overtaken({ maxResyncBytes: 500 })
    await answerState(client, 40, [kv('a', 3), kv('b', 3), kv('c', 3)])
    await assert.rejects(client.watch.batches().next(), {
      code: 'resource-exhausted',
      message: 'Cannot watch "a": the state to go on from is larger than 500 bytes',
    })
  })

  it('waits for a reader who has not taken the state, where that is over the high-water mark', async () => {
    const client = await overtaken({ highWaterBytes: 300 })
    const { transport, watch } = client
    await answerState(client, 40, [kv('a', 3), kv('b', 3)])
    assert.equal(transport.streams.length, 1)
    await take(watch.batches(), 1)
    assert.equal(transport.streams.length, 2)
    assert.equal(lastCreation(transport.last).startRevision, 41)
    watch.cancel()
  })

  it('cancel while it reads ends the read as well', async () => {
    const { transport, clock, watch } = await overtaken()
    const call = await transport.lastCall()
    const next = watch.batches().next()
    watch.cancel()
    assert.deepEqual(await next, { done: true, value: undefined })
    assert.equal(call.options?.signal?.aborted, true)
    await clock.advance(10_000)
    assert.equal(transport.calls.length, 1)
    assert.equal(transport.streams.length, 1)
    assert.equal(clock.pending, 0)
  })

  it('is no matter of a watch that did not ask for it', async () => {
    const client = scripted()
    const watch = client.etcd.watch('a', { from: 2 })
    await cancelForCompaction(client)
    await assert.rejects(watch.batches().next(), { code: 'compacted', compactRevision: 20 })
    assert.equal(client.transport.calls.length, 0)
  })

  it('takes a boolean, and a limit that is one', async () => {
    const { etcd, transport } = scripted()
    const bad = [
      etcd.watch('a', { resync: 1 as unknown as true }),
      etcd.watch('a', { resync: true, maxResyncBytes: 0 }),
    ]
    for (const watch of bad) {
      await assert.rejects(watch.batches().next(), /^(Type|Range)Error: Cannot watch "a": /)
    }
    assert.equal(transport.streams.length, 0)
  })
})

async function nextCall(
  { transport }: Scripted,
  last: unknown,
): Promise<Awaited<ReturnType<Scripted['transport']['lastCall']>>> {
  const call = await transport.lastCall()
  assert.notEqual(call, last, 'another call was made')
  return call
}
