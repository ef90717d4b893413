// The checker accepts what can have happened, rejects what cannot, and agrees with trying every order.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { checkLinearizable } from './linearizability.ts'
import {
  type RegisterInput,
  type RegisterOperation,
  type RegisterOutput,
  register,
  withoutTraceless,
} from './register.ts'

const never = Number.POSITIVE_INFINITY
const put = (value: string): RegisterInput => ({ kind: 'put', value })
const get: RegisterInput = { kind: 'get' }
const swap = (expected: string | undefined, value: string): RegisterInput => ({
  kind: 'swap',
  expected,
  value,
})

function op(
  [calledAt, returnedAt]: readonly [number, number],
  input: RegisterInput,
  output: RegisterOutput = {},
): RegisterOperation {
  return { calledAt, returnedAt, input, output }
}

const verdictOf = (...operations: RegisterOperation[]): string =>
  checkLinearizable(register, operations).kind

it('checkLinearizable accepts what happened one after the other', () => {
  assert.equal(verdictOf(), 'linearizable')
  assert.equal(
    verdictOf(
      op([1, 2], get, { found: undefined }),
      op([3, 4], put('a')),
      op([5, 6], swap('a', 'b'), { succeeded: true }),
      op([7, 8], swap('a', 'c'), { succeeded: false, found: 'b' }),
      op([9, 10], { kind: 'delete' }, { found: 'b' }),
      op([11, 12], { kind: 'delete' }, { found: undefined }),
    ),
    'linearizable',
  )
})

it('checkLinearizable rejects a read of what was overwritten before it began', () => {
  const history = [op([1, 2], put('a')), op([3, 4], put('b')), op([5, 6], get, { found: 'a' })]
  const verdict = checkLinearizable(register, history)
  assert.equal(verdict.kind, 'violation')
  assert.equal(verdict.kind === 'violation' && verdict.blocking, history[2])
})

it('checkLinearizable lets a read during a write see either, but not go back', () => {
  const write = op([1, 10], put('a'))
  assert.equal(verdictOf(write, op([2, 3], get, { found: 'a' })), 'linearizable')
  assert.equal(verdictOf(write, op([2, 3], get, { found: undefined })), 'linearizable')
  const back = [op([2, 3], get, { found: 'a' }), op([4, 5], get, { found: undefined })]
  assert.equal(verdictOf(write, ...back), 'violation')
})

it('checkLinearizable lets a write of unknown outcome happen late, or never, but once', () => {
  const lost = op([1, never], put('a'))
  const late = [op([2, 3], get, { found: undefined }), op([8, 9], get, { found: 'a' })]
  assert.equal(verdictOf(lost, ...late), 'linearizable')
  assert.equal(verdictOf(lost, op([8, 9], get, { found: undefined })), 'linearizable')
  const twice = [
    op([2, 3], get, { found: 'a' }),
    op([4, 5], put('b')),
    op([6, 7], get, { found: 'a' }),
  ]
  assert.equal(verdictOf(lost, ...twice), 'violation')
})

it('checkLinearizable rejects two swaps that both took the same value', () => {
  const history = [
    op([1, 2], put('a')),
    op([3, 6], swap('a', 'b'), { succeeded: true }),
    op([4, 7], swap('a', 'c'), { succeeded: true }),
  ]
  assert.equal(verdictOf(...history), 'violation')
  assert.equal(verdictOf(...history, op([0, never], put('a'))), 'linearizable')
})

it('checkLinearizable gives up where it is told to', () => {
  const writes = Array.from({ length: 12 }, (_, n) => op([n, 100 + n], put(`${n}`)))
  const history = [...writes, op([200, 201], get, { found: 'none of them' })]
  assert.equal(checkLinearizable(register, history, 1000).kind, 'undecided')
})

it('checkLinearizable takes histories as long as a round has for a key', () => {
  const history: RegisterOperation[] = []
  // Five clients, each call over the next four: in the order of their returns they are right.
  for (let n = 0; n < 200; n++) {
    history.push(op([n * 2, n * 2 + 9], put(`${n}`)))
    history.push(op([n * 2 + 9.5, n * 2 + 9.6], get, { found: `${n}` }))
  }
  assert.equal(verdictOf(...history), 'linearizable')
  assert.equal(verdictOf(...history, op([500, 501], get, { found: '198' })), 'violation')
})

/** Histories of a few operations over a few values, most of them impossible. */
const histories = (values: fc.Arbitrary<string>): fc.Arbitrary<RegisterOperation[]> => {
  const maybe = fc.option(values, { nil: undefined, freq: 3 })
  const input: fc.Arbitrary<RegisterInput> = fc.oneof(
    values.map(put),
    fc.constant(get),
    fc.tuple(maybe, values).map(([expected, value]) => swap(expected, value)),
    fc.constant<RegisterInput>({ kind: 'delete' }),
  )
  const output = fc.record({ succeeded: fc.boolean(), found: maybe })
  const parts = fc.tuple(input, output, fc.nat(20), fc.nat(8), fc.boolean(), fc.boolean())
  return fc.array(parts, { maxLength: 6 }).map((list) =>
    list.map(([input, output, start, length, isUnknown, alsoUnknown], index) => {
      // All moments are different.
      const calledAt = start + index / 100
      const returnedAt = isUnknown && alsoUnknown ? never : start + length + 0.5 + index / 100
      return { input, output, calledAt, returnedAt }
    }),
  )
}

/** Tries every order, and every choice of what did not happen. */
function isPossible(left: readonly RegisterOperation[], state: string | undefined): boolean {
  if (left.every(({ returnedAt }) => returnedAt === never)) return true
  const deadline = Math.min(...left.map(({ returnedAt }) => returnedAt))
  return left.some((operation) => {
    if (operation.calledAt > deadline) return false
    const output = operation.returnedAt === never ? undefined : operation.output
    const next = register.step(state, operation.input, output)
    if (next === undefined) return false
    return isPossible(
      left.filter((other) => other !== operation),
      next.state,
    )
  })
}

it('checkLinearizable says what trying every order says', () => {
  let possible = 0
  const values = fc.constantFrom('a', 'b', 'c')
  fc.assert(
    fc.property(histories(values), (operations) => {
      const expected = isPossible(operations, undefined)
      if (expected) possible++
      assert.equal(checkLinearizable(register, operations).kind === 'linearizable', expected)
    }),
    { numRuns: 5000 },
  )
  // Both answers are tested.
  assert.ok(possible > 500 && possible < 4500, `${possible}`)
})

it('withoutTraceless changes no verdict where values are unique', () => {
  let changed = 0
  fc.assert(
    fc.property(histories(fc.constantFrom('0', '1', '2', '3', '4', '5')), (operations) => {
      const unique = operations.map((operation, index) => {
        const { input } = operation
        return 'value' in input
          ? { ...operation, input: { ...input, value: `${index}` } }
          : operation
      })
      const rest = withoutTraceless(unique)
      if (rest.length < unique.length) changed++
      assert.equal(isPossible(rest, undefined), isPossible(unique, undefined))
    }),
    { numRuns: 10_000 },
  )
  assert.ok(changed > 500, `${changed}`)
})
