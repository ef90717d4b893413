// Whatever is asked of a keyspace, it answers as a store of its own would, and neither reads nor writes outside its
// prefix.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { bytes, compare, type Etcd, everything, type Keyspace, op } from 'etcdkit'
import fc from 'fast-check'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import {
  anyKey,
  anyPart,
  anyTarget,
  hex,
  isWithin,
  type Target,
  unhex,
} from './support/arbitrary-keys.ts'
import { collect } from './support/entries.ts'

type Bytes = Keyspace<Uint8Array>

/** What a keyspace should hold: keys and values in hexadecimal, in the order of the keys. */
class Model {
  readonly #values = new Map<string, string>()

  put(key: Uint8Array, value: Uint8Array): void {
    this.#values.set(hex(key), hex(value))
  }

  get(key: Uint8Array): string | undefined {
    return this.#values.get(hex(key))
  }

  within(target: Target): [string, string][] {
    const found = [...this.#values].filter(([key]) => isWithin(unhex(key), target))
    return found.toSorted(([left], [right]) => (left < right ? -1 : 1))
  }

  delete(target: Target): [string, string][] {
    const found = this.within(target)
    for (const [key] of found) this.#values.delete(key)
    return found
  }
}

/** Something to do to a keyspace and to its model, whose answers are compared. */
interface Step {
  run(view: Bytes, model: Model): Promise<void>
  /** What fast-check shows of it in a counterexample. */
  toString(): string
}

const anyValue = fc.uint8Array({ maxLength: 2 })

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(anyKey, anyValue).map(([key, value]) => putStep(key, value)),
  fc.tuple(anyKey, anyValue).map(([key, value]) => putIfAbsentStep(key, value)),
  fc.tuple(anyKey, anyValue, anyValue).map(([key, value, old]) => swapStep(key, value, old)),
  anyTarget.map(readStep),
  anyTarget.map(deleteStep),
  fc.tuple(anyTarget, anyTarget, anyKey, anyValue).map((parts) => txnStep(...parts)),
)

forEachServer('keyspace property', (server) => {
  failOnLeaks()

  it('a keyspace answers as a store of its own, and leaves the rest alone', async () => {
    await using etcd = server.connect()
    const anyKeys = fc.array(anyPart, { maxLength: 12 })
    const anySteps = fc.array(anyStep, { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(anyKey, anyKeys, anyKeys, anySteps, async (start, around, own, steps) => {
        await etcd.delete(everything)
        await putAround(etcd, start, around)
        const model = new Model()
        for (const key of own) model.put(key, key)
        await Promise.all(own.map((key) => etcd.put(joined(start, key), key)))
        const before = await outside(etcd, start)
        const view = etcd.keyspace(start, bytes)
        for (const { run } of steps) await run(view, model)
        await readStep(everything).run(view, model)
        assert.deepEqual(await outside(etcd, start), before)
      }),
      { numRuns: 35 },
    )
  })
})

function putStep(key: Uint8Array, value: Uint8Array): Step {
  return step(`put ${hex(key)}`, async (view, model) => {
    const { previous } = await view.put(key, value, { previous: true })
    assert.equal(previous && hex(previous.value), model.get(key))
    model.put(key, value)
  })
}

function putIfAbsentStep(key: Uint8Array, value: Uint8Array): Step {
  return step(`put ${hex(key)} if absent`, async (view, model) => {
    const result = await view.putIfAbsent(key, value)
    assert.equal(result.succeeded ? undefined : hex(result.current.value), model.get(key))
    if (result.succeeded) model.put(key, value)
  })
}

function swapStep(key: Uint8Array, value: Uint8Array, old: Uint8Array): Step {
  return step(`swap ${hex(key)} if it is ${hex(old)}`, async (view, model) => {
    const { succeeded } = await view.compareAndSwap(key, value, { value: old })
    assert.equal(succeeded, model.get(key) === hex(old))
    if (succeeded) model.put(key, value)
  })
}

function readStep(target: Target): Step {
  return step(`read ${show(target)}`, async (view, model) => {
    const expected = model.within(target)
    const { entries, count } = await view.list(target)
    assert.deepEqual(entries.map(pairOf), expected)
    assert.deepEqual([count, await view.count(target)], [expected.length, expected.length])
    assert.deepEqual((await collect(view.scan(target, { pageSize: 2 }))).map(pairOf), expected)
    const backwards = await collect(view.scan(target, { pageSize: 2, order: 'descending' }))
    assert.deepEqual(backwards.map(pairOf), expected.toReversed())
    if (target instanceof Uint8Array) {
      const entry = await view.get(target)
      assert.equal(entry && hex(entry.value), model.get(target))
    }
  })
}

function deleteStep(target: Target): Step {
  return step(`delete ${show(target)}`, async (view, model) => {
    const { deleted, previous } = await view.delete(target, { previous: true })
    const expected = model.delete(target)
    assert.deepEqual([deleted, previous.map(pairOf)], [expected.length, expected])
  })
}

function txnStep(condition: Target, target: Target, key: Uint8Array, value: Uint8Array): Step {
  return step(
    `if ${show(condition)} delete ${show(target)}, else put ${hex(key)}`,
    async (view, model) => {
      const result = await view.txn({
        if: [compare.exists(condition)],
        then: [op.delete(target, { previous: true }), op.list(condition), op.count(target)],
        else: [op.put(key, value, { previous: true }), op.txn({ then: [op.list(target)] })],
      })
      assert.equal(result.succeeded, model.within(condition).length > 0)
      if (result.succeeded) {
        const [deleted, list, count] = result.results
        assert.deepEqual(deleted.previous.map(pairOf), model.delete(target))
        assert.deepEqual(list.entries.map(pairOf), model.within(condition))
        assert.equal(count, 0)
        return
      }
      const [put, inner] = result.results
      assert.equal(put.previous && hex(put.previous.value), model.get(key))
      model.put(key, value)
      assert.ok(inner.succeeded)
      assert.deepEqual(inner.results[0].entries.map(pairOf), model.within(target))
    },
  )
}

function step(name: string, run: Step['run']): Step {
  return { run, toString: () => name }
}

function show(target: Target): string {
  if (target instanceof Uint8Array) return hex(target)
  return `${hex(target.start)}..${target.end === undefined ? '' : hex(target.end)}`
}

function pairOf({
  keyBytes,
  value,
}: {
  keyBytes: Uint8Array
  value: Uint8Array
}): [string, string] {
  return [hex(keyBytes), hex(value)]
}

/** Puts keys that do not begin with `start`, those that come right before and after it among them. */
async function putAround(
  etcd: Etcd,
  start: Uint8Array,
  keys: readonly Uint8Array[],
): Promise<void> {
  const last = start.at(-1) ?? 0
  const head = start.subarray(0, -1)
  const neighbours = [
    head,
    ...(last > 0 ? [joined(head, [last - 1]), joined(head, [last - 1, 0xff, 0xff])] : []),
    ...(last < 0xff ? [joined(head, [last + 1]), joined(head, [last + 1, 0])] : []),
  ]
  const wanted = [...keys, ...neighbours].filter((key) => key.length > 0 && !begins(key, start))
  await Promise.all(wanted.map((key) => etcd.put(key, 'outside')))
}

/** All that is to be known of the keys that do not begin with `start`. */
async function outside(etcd: Etcd, start: Uint8Array): Promise<unknown> {
  const { entries } = await etcd.list(everything)
  const others = entries.filter(({ keyBytes }) => !begins(keyBytes, start))
  return others.map(({ keyBytes, value, modRevision }) => [hex(keyBytes), value, modRevision])
}

function begins(key: Uint8Array, start: Uint8Array): boolean {
  return Buffer.compare(key.subarray(0, start.length), start) === 0
}

function joined(head: Uint8Array, tail: Iterable<number>): Uint8Array {
  return Uint8Array.from([...head, ...tail])
}
