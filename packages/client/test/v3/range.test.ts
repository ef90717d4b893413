import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { text } from '../../src/v3/codec.ts'
import type { KeyRange } from '../../src/v3/key.ts'
import { everything, from, prefix, prefixEnd, range } from '../../src/v3/range.ts'
import { Scope, type Span } from '../../src/v3/scope.ts'

const bytes = (options: { minLength?: number } = {}): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ ...options, maxLength: 4 }).map((array) => {
    // Bytes at the edges are what goes wrong.
    return array.map((byte) => (byte < 60 ? 0 : byte > 180 ? 0xff : byte))
  })

function order(left: Uint8Array, right: Uint8Array): number {
  return Buffer.compare(left, right)
}

/** Whether a server finds `key` in `span`, as etcd defines it. */
function isIn({ key: start, rangeEnd }: Span, key: Uint8Array): boolean {
  if (rangeEnd.length === 0) return order(key, start) === 0
  if (order(key, start) < 0) return false
  return (rangeEnd.length === 1 && rangeEnd[0] === 0) || order(key, rangeEnd) < 0
}

/** Whether `key` is in a range as its definition says. */
function belongs({ start, end }: KeyRange, key: Uint8Array): boolean {
  return order(key, start) >= 0 && (end === undefined || order(key, end) < 0)
}

const startsWith = (key: Uint8Array, start: Uint8Array): boolean =>
  order(key.subarray(0, start.length), start) === 0

const anyRange = fc.oneof(
  bytes().map(prefix),
  bytes().map(from),
  fc.constant(everything),
  fc
    .tuple(bytes(), bytes({ minLength: 1 }))
    .filter(([, end]) => !(end.length === 1 && end[0] === 0))
    .map(([start, end]) => range(start, end)),
)

describe('prefixEnd', () => {
  for (const [start, end] of [
    [[97], [98]],
    [[97, 0xff], [98]],
    [[97, 0xff, 0xff], [98]],
    [[0], [1]],
    [[0xff], undefined],
    [[0xff, 0xff], undefined],
    [[], undefined],
    [
      [0xff, 0xfe, 0xff],
      [0xff, 0xff],
    ],
  ] as const) {
    it(`is ${JSON.stringify(end)} for ${JSON.stringify(start)}`, () => {
      const found = prefixEnd(Uint8Array.from(start))
      assert.deepEqual(found && [...found], end)
    })
  }

  it('parts the keys that begin with the prefix from all others', () => {
    fc.assert(
      fc.property(bytes(), bytes({ minLength: 1 }), (start, key) => {
        assert.equal(belongs(prefix(start), key), startsWith(key, start))
      }),
    )
  })
})

describe('ranges', () => {
  it('are on the wire what they are by definition', () => {
    const root = new Scope(new Uint8Array(0), text)
    fc.assert(
      fc.property(anyRange, bytes({ minLength: 1 }), (target, key) => {
        assert.equal(isIn(root.span(target), key), belongs(target, key))
      }),
    )
  })

  it('of a keyspace hold what they hold, prefixed, and nothing else', () => {
    fc.assert(
      fc.property(
        bytes({ minLength: 1 }),
        anyRange,
        bytes({ minLength: 1 }),
        (start, target, key) => {
          const view = new Scope(start, text)
          const within = startsWith(key, start) && belongs(target, key.subarray(start.length))
          assert.equal(isIn(view.span(target), key), within)
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('of a keyspace within a keyspace are those of both prefixes', () => {
    fc.assert(
      fc.property(bytes(), bytes(), anyRange, (outer, inner, target) => {
        const nested = new Scope(new Uint8Array(0), text).within(outer, text).within(inner, text)
        const flat = new Scope(Uint8Array.from([...outer, ...inner]), text)
        assert.deepEqual(nested.span(target), flat.span(target))
      }),
    )
  })

  it('keep their own copy of bytes', () => {
    const start = new Uint8Array([1])
    const target = from(start)
    start[0] = 9
    assert.deepEqual([...target.start], [1])
  })

  for (const end of ['', '\0']) {
    it(`refuse the end ${JSON.stringify(end)}, which means something else on the wire`, () => {
      assert.throws(() => range('a', end), RangeError)
    })
  }

  it('refuse what is no key', () => {
    assert.throws(
      () => prefix(5 as unknown as string),
      /^TypeError: Cannot build a range with prefix/,
    )
    assert.throws(() => from('\ud800'), /^TypeError: .*surrogate/)
  })
})
