import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { flush } from '../support/manual-clock.ts'
import { type Scripted, scripted } from '../support/scripted.ts'
import type { ScriptedStream } from '../support/scripted-transport.ts'
import { cancellations, confirm, creations, lost, puts, take } from '../support/watch-server.ts'

const done = { done: true, value: undefined }

describe('watch.cancel', () => {
  it('lessons D13: ends the iteration and the watch on the server, twice is fine', async () => {
    const { etcd, transport, clock } = scripted()
    const other = etcd.watch('other')
    const watch = etcd.watch('a')
    await confirm(transport.last, 5)
    const watchId = await confirm(transport.last, 5)
    const next = watch[Symbol.asyncIterator]().next()
    watch.cancel()
    watch.cancel()
    assert.deepEqual(await next, done)
    assert.deepEqual(cancellations(transport.last), [watchId])
    other.cancel()
    assert.equal(clock.pending, 0)
  })

  it('forgets what waits', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const watchId = await confirm(transport.last, 5)
    await transport.last.push({ watchId, header: { revision: 5 }, events: puts(2, 3, 4) })
    const iterator = watch[Symbol.asyncIterator]()
    await take(iterator, 1)
    watch.cancel()
    assert.deepEqual(await iterator.next(), done)
  })

  it('before the creation is answered cancels it when it is, and rejects ready', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a')
    const other = etcd.watch('b')
    const [first] = creations(transport.last)
    watch.cancel()
    await assert.rejects(watch.ready, { code: 'canceled' })
    await transport.last.push({ watchId: first?.watchId, created: true, header: { revision: 5 } })
    assert.deepEqual(cancellations(transport.last), [first?.watchId])
    await confirm(transport.last, 6)
    assert.equal(await other.ready, 6)
    other.cancel()
  })

  it('while there is no stream leaves nothing behind', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a')
    await transport.last.fail(lost())
    watch.cancel()
    await clock.advance(60_000)
    assert.equal(transport.streams.length, 1)
    assert.equal(clock.pending, 0)
  })

  it('of the last watch does not take the next one along', async () => {
    const { etcd, transport, clock } = scripted()
    etcd.watch('a').cancel()
    const next = etcd.watch('b')
    assert.equal(transport.streams.length, 2)
    await clock.advance(100)
    assert.equal(transport.streams.length, 2)
    await confirm(transport.last, 5)
    assert.equal(await next.ready, 5)
    next.cancel()
  })

  it('is what leaving the loop, return() and dispose do', async () => {
    const { etcd, transport } = scripted()
    const left = etcd.watch('a', { from: 1 })
    const watchId = await confirm(transport.last, 5)
    await transport.last.push({ watchId, header: { revision: 5 }, events: puts(2, 3) })
    for await (const event of left) if (event.revision === 2) break
    assert.equal(transport.last.canceled, true)

    const returned = etcd.watch('a')
    const iterator = returned.batches()
    const next = iterator.next()
    await iterator.return?.()
    assert.deepEqual(await next, done)
    {
      await using disposed = etcd.watch('a')
      await confirm(transport.last, 5)
      assert.equal(await disposed.ready, 5)
    }
    assert.ok(transport.streams.every(({ canceled }) => canceled))
  })
})

describe('the signal of a watch', () => {
  it('ends the iteration with its reason', async () => {
    const { etcd, transport } = scripted()
    const controller = new AbortController()
    const watch = etcd.watch('a', { signal: controller.signal })
    await confirm(transport.last, 5)
    const next = watch[Symbol.asyncIterator]().next()
    const reason = new Error('enough')
    controller.abort(reason)
    await assert.rejects(next, (error) => error === reason)
    assert.equal(transport.last.canceled, true)
  })

  it('may be shared by many without a warning', async () => {
    const { etcd } = scripted()
    const controller = new AbortController()
    const warnings: Error[] = []
    const note = (warning: Error): number => warnings.push(warning)
    process.on('warning', note)
    const watches = Array.from({ length: 50 }, () => etcd.watch('a', { signal: controller.signal }))
    await flush()
    process.off('warning', note)
    assert.deepEqual(warnings, [])
    controller.abort('enough')
    for (const watch of watches) await assert.rejects(watch.ready, (error) => error === 'enough')
  })

  it('that is aborted already opens nothing', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { signal: AbortSignal.abort('early') })
    await assert.rejects(watch.ready, (error) => error === 'early')
    await assert.rejects(watch.batches().next(), (error) => error === 'early')
    assert.equal(transport.streams.length, 0)
    assert.equal(clock.pending, 0)
  })
})

describe('etcd.close', () => {
  it('ends the iteration of watches with the code closed, after what waits', async () => {
    const { etcd, transport, clock } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const watchId = await confirm(transport.last, 5)
    await transport.last.push({ watchId, header: { revision: 5 }, events: puts(2) })
    await etcd.close()
    await etcd.close()
    const iterator = watch[Symbol.asyncIterator]()
    await take(iterator, 1)
    await assert.rejects(iterator.next(), { code: 'closed' })
    assert.equal(transport.last.canceled, true)
    assert.equal(transport.closed, true)
    assert.equal(clock.pending, 0)
  })

  it('makes later watches end with the code closed', async () => {
    const { etcd, transport } = scripted()
    await etcd.close()
    const watch = etcd.watch('a')
    await assert.rejects(watch.ready, { code: 'closed' })
    await assert.rejects(watch.batches().next(), { code: 'closed' })
    assert.equal(transport.streams.length, 0)
  })
})

describe('the iteration of a watch', () => {
  it('is possible once', async () => {
    const { etcd } = scripted()
    const watch = etcd.watch('a')
    watch.batches()
    assert.throws(() => watch[Symbol.asyncIterator](), TypeError)
    watch.cancel()
  })

  it('answers calls of next() that do not wait for each other in order', async () => {
    const { etcd, transport } = scripted()
    const watch = etcd.watch('a', { from: 1 })
    const iterator = watch[Symbol.asyncIterator]()
    const pending = [iterator.next(), iterator.next(), iterator.next()]
    const watchId = await confirm(transport.last, 9)
    await transport.last.push({ watchId, header: { revision: 9 }, events: puts(2, 3) })
    await transport.last.push({ watchId, header: { revision: 9 }, events: puts(4) })
    const results = await Promise.all(pending)
    assert.deepEqual(
      results.map(({ value }) => value?.revision),
      [2, 3, 4],
    )
    watch.cancel()
  })

  it('ends with bad input instead of a throw', async () => {
    const { etcd, transport } = scripted()
    const bad = [
      etcd.watch(''),
      etcd.watch('a', { from: -1 }),
      etcd.watch('a', { only: 'puts' as 'put' }),
      etcd.watch('a', { highWaterBytes: 0 }),
      etcd.watch('a', { startRevision: 5 } as object),
      etcd.watch('a', { previous: 1 as unknown as boolean }),
    ]
    for (const watch of bad) {
      await assert.rejects(watch.batches().next(), /^(Type|Range)Error: Cannot watch ".?": /)
    }
    assert.equal(transport.streams.length, 0)
  })
})

const steps = [
  ...['cut', 'end', 'confirm', 'refuse', 'refuse the token', 'refuse more', 'compact', 'event'],
  ...['fragment', 'progress', 'answer', 'fail the answer', 'advance', 'wait long', 'stray cancel'],
  ...['cancel', 'return', 'abort', 'request progress', 'close'],
] as const

/** Two watches, one of which resyncs, and everything that may happen to them. */
class Interleaving {
  readonly client: Scripted = scripted()
  readonly #controller = new AbortController()
  readonly #watches = [
    this.client.etcd.watch('a', { from: 1, highWaterBytes: 300 }),
    this.client.etcd.watch('b', { from: 1, resync: true, signal: this.#controller.signal }),
  ]
  readonly #iterators = this.#watches.map((watch) => watch.batches())
  readonly #settled = this.#iterators.map((iterator) => settle(iterator))

  constructor(renewsToken: boolean) {
    this.client.transport.renewsToken = renewsToken
  }

  async do(step: (typeof steps)[number]): Promise<void> {
    const { transport, clock, etcd } = this.client
    const stream = transport.streams.at(-1)
    if (step === 'cut') await stream?.fail(lost())
    else if (step === 'end') await stream?.finish()
    else if (step === 'advance') await clock.advance(3)
    else if (step === 'wait long') await clock.advance(6000)
    else if (step === 'cancel') this.#watches[0]?.cancel()
    else if (step === 'return') await this.#iterators[1]?.return?.()
    else if (step === 'abort') this.#controller.abort('enough')
    else if (step === 'request progress') for (const watch of this.#watches) watch.requestProgress()
    else if (step === 'close') await etcd.close()
    else if (step === 'answer') transport.calls.at(-1)?.answer({ header: { revision: 9 }, kvs: [] })
    else if (step === 'fail the answer') transport.calls.at(-1)?.fail(lost())
    else if (stream !== undefined) await stream.push(answerTo(stream, step))
    await flush()
  }

  /** Ends all that is left, and checks that everything is settled and nothing goes on. */
  async finish(): Promise<void> {
    const { transport, clock } = this.client
    for (const watch of this.#watches) watch.cancel()
    await Promise.all([...this.#settled, ...this.#watches.map(({ ready }) => ready.catch(() => 0))])
    for (const iterator of this.#iterators) assert.deepEqual(await iterator.next(), done)
    await flush()
    assert.equal(clock.pending, 0)
    // A stream that broke is over by itself.
    for (const { canceled, isOver } of transport.streams) assert.ok(canceled || isOver)
  }
}

/** What the server says of the watch that was asked for last. */
function answerTo(stream: ScriptedStream, step: (typeof steps)[number]): object {
  const watchId = creations(stream).at(-1)?.watchId ?? 7
  const header = { revision: 5 }
  const refused = { watchId: -1, created: true, canceled: true, header }
  switch (step) {
    case 'confirm':
      return { watchId, created: true, header }
    case 'refuse':
      return { ...refused, cancelReason: 'etcdserver: permission denied' }
    case 'refuse the token':
      return { ...refused, cancelReason: 'etcdserver: invalid auth token' }
    case 'refuse more':
      return { ...refused, cancelReason: 'etcdserver: too many requests' }
    case 'compact':
      return { watchId, canceled: true, compactRevision: 4 }
    case 'stray cancel':
      return { watchId: watchId - 1, canceled: true, header }
    case 'progress':
      return { watchId: -1, header }
    default:
      return { watchId, header, events: puts(2, 3, 4), fragment: step === 'fragment' }
  }
}

describe('every interleaving', () => {
  it('lessons 1.19, D2, D13: of creation, cuts, refusals, reads, cancel and close settles what waits', async () => {
    const sequences = fc.array(fc.constantFrom(...steps), { maxLength: 14, size: 'max' })
    await fc.assert(
      fc.asyncProperty(sequences, fc.boolean(), async (sequence, renewsToken) => {
        const interleaving = new Interleaving(renewsToken)
        for (const step of sequence) await interleaving.do(step)
        await interleaving.finish()
      }),
      { numRuns: 300 },
    )
  })
})

async function settle(iterable: AsyncIterable<unknown>): Promise<void> {
  try {
    for await (const _ of iterable);
  } catch {
    // Any end is fine.
  }
}
