// What is done to a store and its model, and how it is made up.

import fc from 'fast-check'

/** A range, or a delete. Revisions are absolute; `back` is what they are made of. */
export interface RangeInit {
  readonly key: string
  readonly rangeEnd: string
  readonly revision?: number
  readonly limit?: number
  readonly sortOrder?: number
  readonly sortTarget?: number
  readonly countOnly?: boolean
  readonly keysOnly?: boolean
  readonly prevKv?: boolean
  readonly minMod: number
  readonly maxMod: number
  readonly minCreate: number
  readonly maxCreate: number
}

/** A put. */
export interface PutInit {
  readonly key: string
  readonly value: string
  readonly lease: string
  readonly prevKv: boolean
  readonly ignoreValue: boolean
  readonly ignoreLease: boolean
}

/** A condition. The operand of a value is its text. */
export interface CompareInit {
  readonly key: string
  readonly rangeEnd: string
  readonly target: number
  readonly result: number
  readonly operand: number
}

/** An operation, or none. */
export interface OpInit {
  readonly range?: RangeInit | undefined
  readonly put?: PutInit | undefined
  readonly delete?: RangeInit | undefined
  readonly txn?: TxnInit | undefined
}

/** A txn. */
export interface TxnInit {
  readonly compare: readonly CompareInit[]
  readonly success: readonly OpInit[]
  readonly failure: readonly OpInit[]
}

/** A watch. */
export interface WatchInit {
  readonly key: string
  readonly rangeEnd: string
  readonly watchId: number
  readonly startRevision: number
  readonly prevKv: boolean
  readonly fragment: boolean
  readonly noPut: boolean
  readonly noDelete: boolean
}

/** One step. */
export type Command =
  | { readonly kind: 'put'; readonly put: PutInit }
  | { readonly kind: 'range' | 'delete'; readonly range: RangeInit }
  | { readonly kind: 'txn'; readonly txn: TxnInit }
  | { readonly kind: 'compact' | 'hash'; readonly revision: number }
  | { readonly kind: 'grant'; readonly id: string; readonly ttl: number }
  | { readonly kind: 'revoke' | 'keepAlive' | 'timeToLive'; readonly id: string }
  | { readonly kind: 'leases' }
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'watch'; readonly stream: number; readonly watch: WatchInit }
  | { readonly kind: 'cancel'; readonly stream: number; readonly watchId: number }
  | { readonly kind: 'progress'; readonly stream: number }
  | { readonly kind: 'room'; readonly stream: number; readonly room: number }

const anyKey = fc.constantFrom('a', 'a', 'b', 'b', 'c', 'ab', 'a\0', '\0', '\xff', '\x80')
const key = fc.oneof({ weight: 120, arbitrary: anyKey }, { weight: 1, arbitrary: fc.constant('') })
const rangeEnd = fc.constantFrom('', '', '\0', '\0', 'b', 'c', 'd', 'a\0', 'a', '\xff\xff')
const value = fc.constantFrom('', '', '1', '2', '\xff', '12')
const leaseId = fc.constantFrom('7', '8', '-9')
const anyLease = fc.oneof(
  { weight: 6, arbitrary: fc.constant('0') },
  { weight: 2, arbitrary: leaseId },
)
/** Few, so that requests are refused now and then. */
const rare = fc.integer({ min: 0, max: 11 }).map((number) => number === 11)
/** Most revisions a sequence comes to are below; some are beyond. */
const revision = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 4, arbitrary: fc.integer({ min: -2, max: 12 }) },
  { weight: 3, arbitrary: fc.integer({ min: 5, max: 40 }) },
)
const bound = fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: revision })

/** Now and then something that is refused. */
function mostly<T>(arbitrary: fc.Arbitrary<T>, odd: T): fc.Arbitrary<T> {
  return fc.oneof({ weight: 60, arbitrary }, { weight: 1, arbitrary: fc.constant(odd) })
}

const range: fc.Arbitrary<RangeInit> = fc.record({
  key,
  rangeEnd,
  revision,
  limit: fc.constantFrom(0, 0, 1, 2, 3, -1),
  sortOrder: mostly(fc.constantFrom(0, 0, 1, 2), 3),
  sortTarget: mostly(fc.constantFrom(0, 0, 1, 2, 3, 4), 5),
  countOnly: rare,
  keysOnly: rare,
  minMod: bound,
  maxMod: bound,
  minCreate: bound,
  maxCreate: bound,
})

/** Mostly of the newest revision: others are often refused, and all of the txn with them. */
const rangeOfTxn: fc.Arbitrary<RangeInit> = fc.oneof(
  { weight: 1, arbitrary: range },
  { weight: 9, arbitrary: range.map((init) => ({ ...init, revision: 0 })) },
)

const deletion: fc.Arbitrary<RangeInit> = fc.record({
  key,
  rangeEnd,
  prevKv: fc.boolean(),
  minMod: fc.constant(0),
  maxMod: fc.constant(0),
  minCreate: fc.constant(0),
  maxCreate: fc.constant(0),
})

const put: fc.Arbitrary<PutInit> = fc.record({
  key,
  value,
  lease: anyLease,
  prevKv: fc.boolean(),
  ignoreValue: rare,
  ignoreLease: rare,
})

const compare: fc.Arbitrary<CompareInit> = fc.record({
  key,
  rangeEnd,
  target: fc.constantFrom(0, 1, 2, 3, 4),
  result: fc.constantFrom(0, 1, 2, 3, 4),
  operand: fc.integer({ min: -9, max: 12 }),
})

const { txn } = fc.letrec<{ op: OpInit; txn: TxnInit }>((tie) => ({
  op: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    { weight: 40, arbitrary: fc.record({ put }) },
    { weight: 20, arbitrary: fc.record({ range: rangeOfTxn }) },
    { weight: 20, arbitrary: fc.record({ delete: deletion }) },
    { weight: 20, arbitrary: fc.record({ txn: tie('txn') }) },
    { weight: 1, arbitrary: fc.constant({}) },
  ),
  txn: fc.record({
    compare: fc.array(compare, { maxLength: 2 }),
    success: fc.array(tie('op'), { maxLength: 3, size: 'max' }),
    failure: fc.array(tie('op'), { maxLength: 2, size: 'max' }),
  }),
}))

const watch: fc.Arbitrary<WatchInit> = fc.record({
  key,
  rangeEnd,
  watchId: fc.constantFrom(0, 0, 0, 1, 2, 5),
  startRevision: revision,
  prevKv: fc.boolean(),
  fragment: fc.boolean(),
  noPut: rare,
  noDelete: rare,
})

const stream = fc.constantFrom(0, 1)

const changes: fc.WeightedArbitrary<Command>[] = [
  { weight: 10, arbitrary: fc.record({ kind: fc.constant('put'), put }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete'), range: deletion }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('txn'), txn }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact'), revision }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('grant'),
      id: leaseId,
      ttl: fc.integer({ min: -1, max: 9 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('revoke'), id: leaseId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('keepAlive'), id: leaseId }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('advance'), ms: fc.integer({ min: 0, max: 3000 }) }),
  },
]

const reads: fc.WeightedArbitrary<Command>[] = [
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('range'), range }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('timeToLive'), id: leaseId }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('leases') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hash'), revision }) },
]

const watches: fc.WeightedArbitrary<Command>[] = [
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('watch'), stream, watch }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('cancel'),
      stream,
      watchId: fc.integer({ min: 0, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('progress'), stream }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('room'),
      stream,
      room: fc.integer({ min: 1, max: 6 }),
    }),
  },
]

/** Sequences of requests and answers, with no one watching. */
export const sequences: fc.Arbitrary<Command[]> = fc.array(fc.oneof(...changes, ...reads), {
  maxLength: 80,
  minLength: 1,
  size: 'max',
})

/** Sequences of changes, and of watches by readers that are slow at times. */
export const watchSequences: fc.Arbitrary<Command[]> = fc.array(fc.oneof(...changes, ...watches), {
  maxLength: 80,
  minLength: 1,
  size: 'max',
})
