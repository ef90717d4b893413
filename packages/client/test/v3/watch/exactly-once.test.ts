import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Watch } from '../../../src/v3/watch/watch.ts'
import type { Resync, WatchBatch } from '../../../src/v3/watch/watch-event.ts'
import { ModelServer, type Telling } from '../support/model-server.ts'
import { type Scripted, scripted } from '../support/scripted.ts'

type Step =
  | { readonly kind: 'write'; readonly keys: readonly string[] }
  | ({ readonly kind: 'tell' } & Telling)
  | { readonly kind: 'read'; readonly count: number }
  | { readonly kind: 'cut' | 'advance' | 'compact' }

const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 })
const write = fc.record({ kind: fc.constant('write'), keys })
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: write },
  fc.record({
    kind: fc.constant('tell'),
    limit: fc.integer({ min: 1, max: 5 }),
    size: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    cutAfter: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  }),
  fc.record({ kind: fc.constant('read'), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constantFrom('cut', 'advance') }),
)
const withCompaction = fc.oneof(
  { weight: 4, arbitrary: step },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact') }) },
)
// From less than two events to what is never reached.
const highWaterBytes = fc.constantFrom(300, 1000, 1_000_000)

type Batch = WatchBatch<string> | Resync<string>

/** Who reads a watch, as slowly as told. */
class Reader {
  readonly batches: Batch[] = []
  error: unknown = undefined
  readonly #iterator: AsyncIterator<Batch, undefined>
  #pending = false

  constructor(watch: Watch<string, Resync<string>>) {
    this.#iterator = watch.batches()
  }

  read(count: number): void {
    if (this.#pending) return
    this.#pending = true
    const [iterator, batches] = [this.#iterator, this.batches]
    const take = async (): Promise<void> => {
      for (let taken = 0; taken < count; taken++) {
        const { value } = await iterator.next()
        if (value !== undefined) batches.push(value)
      }
      this.#pending = false
    }
    take().catch((error) => {
      this.error = error
    })
  }
}

async function run(
  { transport, clock }: Scripted,
  readers: readonly Reader[],
  steps: readonly Step[],
): Promise<ModelServer> {
  const server = new ModelServer(transport)
  for (const one of steps) {
    if (one.kind === 'write') server.write(one.keys)
    else if (one.kind === 'tell') await server.tell(one)
    else if (one.kind === 'cut') await server.cut()
    else if (one.kind === 'compact') server.compact()
    else if (one.kind === 'read') for (const reader of readers) reader.read(one.count)
    await clock.advance(one.kind === 'advance' ? 2000 : 0)
  }
  // From here on all goes well, and everything must arrive.
  const isTold = ({ batches }: Reader): boolean => batches.at(-1)?.revision === server.revision
  const isOver = (): boolean => server.revision < 2 || readers.every(isTold)
  for (let round = 0; round < 60 && !isOver(); round++) {
    for (const reader of readers) reader.read(3)
    await server.tell({ limit: 5 })
    await clock.advance(2000)
  }
  for (const { error } of readers) assert.equal(error, undefined)
  return server
}

/** What was told, as the server counts it. */
const told = ({ batches }: Reader): string[] =>
  batches.flatMap((batch) =>
    batch.kind === 'resync' ? [] : batch.events.map(({ key, revision }) => `${key}@${revision}`),
  )

describe('a watch, whatever is cut, told late, in fragments, or read slowly', () => {
  it('lessons 1.1, D1, D16, D27: tells each change once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 40 }),
        highWaterBytes,
        async (steps, mark) => {
          const client = scripted()
          const options = { highWaterBytes: mark, timeoutMs: 0 }
          const watches = [
            client.etcd.watch('a', { ...options, from: 2 }),
            client.etcd.watch('b', { ...options, from: 2 }),
          ]
          const readers = watches.map((watch) => new Reader(watch))
          const server = await run(client, readers, steps)
          assert.deepEqual(readers.map(told), [server.changesFrom(2), server.changesFrom(2)])
          for (const { batches } of readers) assertWhole(batches)
          for (const watch of watches) watch.cancel()
          assert.equal(client.clock.pending, 0)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('lessons 1.12: and compacted, gives the state of the store with a resync', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(withCompaction, { minLength: 20, maxLength: 40 }),
        highWaterBytes,
        async (steps, mark) => {
          const client = scripted()
          const watch = client.etcd.watch('a', {
            from: 2,
            resync: true,
            highWaterBytes: mark,
            timeoutMs: 0,
          })
          const reader = new Reader(watch)
          const server = await run(client, [reader], steps)
          assert.deepEqual(replay(reader.batches), new Map([...server.state].sort()))
          assertWhole(reader.batches)
          watch.cancel()
          assert.equal(client.clock.pending, 0)
        },
      ),
      { numRuns: 40 },
    )
  })
})

/** No revision comes twice, or before an older one, or in two batches. */
function assertWhole(batches: readonly Batch[]): void {
  let last = 0
  for (const batch of batches) {
    const first = batch.kind === 'resync' ? batch.revision : (batch.events[0]?.revision ?? 0)
    assert.ok(first > last, `${first} after ${last}`)
    last = batch.revision
  }
}

/** The state that a reader makes of what it is told. */
function replay(batches: readonly Batch[]): Map<string, number> {
  let state = new Map<string, number>()
  for (const batch of batches) {
    if (batch.kind === 'resync') {
      state = new Map(batch.entries.map(({ key, modRevision }) => [key, modRevision]))
    } else for (const { key, revision } of batch.events) state.set(key, revision)
  }
  return new Map([...state].sort())
}
