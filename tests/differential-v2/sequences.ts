// Sequences of requests: few keys and values, so that they meet, and now and then what is not allowed.

import fc from 'fast-check'
import { mostly, optional } from '../differential/arbitraries/basics.ts'
import type { Moment, Operation, Parameter } from './operation.ts'

const files = ['/t/a', '/t/ab', '/t/d/e', '/t/d/_f', '/t/_h', '/t/d/s/x']
const folders = ['/t', '/t/d', '/t/d/s', '/t/a', '/t/none', '/t/_h']
const odd = [
  '/',
  '',
  '/t/d/',
  '/t/a/x',
  '/t/a/x/y',
  '/t/%C3%A9',
  '/t/%ff',
  '/t/d%2Fe',
  '/t/x%20%3F',
]
const unclean = ['//t/a', '/t//a', '/t/./a', '/t/b/../a']

const anyKey = fc.oneof(
  { arbitrary: fc.constant('/t/a'), weight: 25 },
  { arbitrary: fc.constantFrom(...files), weight: 20 },
  { arbitrary: fc.constantFrom(...folders), weight: 8 },
  { arbitrary: fc.constantFrom(...odd), weight: 3 },
  { arbitrary: fc.constantFrom(...unclean), weight: 1 },
)

const anyValue = mostly(
  fc.constantFrom('one', 'one', 'two', 'three'),
  fc.constantFrom('', '%3C%26%3E%22%5C', '%C3%A9%E2%80%A8', '%ff%E2%82', 'a+b%2B', '%0A%09%01'),
)

const anyIndex: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ from: fc.constant('now' as const), offset: fc.integer({ min: -4, max: 1 }) }),
  fc.record({ from: fc.constant('base' as const), offset: fc.integer({ min: 0, max: 6 }) }),
)

const truths = fc.constantFrom('true', 'true', 'true', '1', 'false', 'f')

function parameter<T extends string | Moment>(
  name: string,
  value: fc.Arbitrary<T>,
): fc.Arbitrary<Parameter> {
  return value.map((each) => [name, each])
}

const broken: fc.Arbitrary<Parameter> = fc.constantFrom<Parameter>(
  ['prevIndex', ''],
  ['prevIndex', '-1'],
  ['waitIndex', '1.5'],
  ['recursive', ''],
  ['sorted', 'yes'],
  ['wait', 'TRUE%20'],
  ['dir', '2'],
  ['quorum', 'no'],
  ['stream', 'x'],
  ['prevValue', ''],
  ['noValueOnSuccess', '%zz'],
  ['noValueOnSuccess', 'maybe'],
  ['ttl', 'abc'],
  ['ttl', '-1'],
  ['ttl', '18446744073709551616'],
  ['prevExist', 'on'],
  ['refresh', 'please'],
  ['x;y', '1'],
  ['unknown', '1'],
)

/** Long, so that none ends within a sequence. */
const ttl = parameter('ttl', mostly(fc.constantFrom('100', '200', '300'), fc.constant('')))

const refreshing = fc.tuple(parameter('refresh', fc.constant('true')), ttl)

const conditions = [
  parameter('prevExist', truths),
  parameter('prevValue', anyValue),
  parameter('prevIndex', anyIndex),
] as const

function some(
  ...parameters: readonly (readonly [number, fc.Arbitrary<Parameter>])[]
): fc.Arbitrary<Parameter[]> {
  const each = parameters.map(([once, arbitrary]) => optional(arbitrary, once))
  return fc
    .tuple(...each)
    .map((list) => list.filter((given): given is Parameter => given !== undefined))
}

const [exist, value, index] = conditions

const put = request('PUT', {
  query: some(
    [4, exist],
    [6, value],
    [5, index],
    [12, parameter('noValueOnSuccess', truths)],
    [40, broken],
  ),
  form: some(
    [2, parameter('value', anyValue)],
    [8, parameter('dir', truths)],
    [5, ttl],
    [30, exist],
    [30, value],
  ),
})
const set = request('PUT', {
  query: fc.constant([]),
  form: some([1, parameter('value', anyValue)], [10, ttl]),
})
/** A time to live so long that etcd takes it for none, though not in an update. */
const eternal = request('PUT', {
  query: fc.constant([]),
  form: fc.constant([
    ['value', 'one'],
    ['ttl', '9300000000'],
  ]),
})
const update = request('PUT', {
  query: fc.constant([['prevExist', 'true']]),
  form: some([1, parameter('value', anyValue)], [4, ttl]),
})
const ofNow = parameter('prevIndex', fc.constant<Moment>({ from: 'now', offset: 0 }))
const likely = parameter('prevValue', fc.constantFrom('one', 'one', 'two'))
const swap = request('PUT', {
  query: fc.oneof(
    some([1, likely], [4, ofNow]),
    some([1, ofNow], [6, value], [6, exist], [12, parameter('noValueOnSuccess', truths)]),
  ),
  form: some([1, parameter('value', anyValue)], [5, ttl]),
})
const compareAndDelete = request('DELETE', {
  query: fc.oneof(some([1, likely], [4, ofNow]), some([1, ofNow], [6, value])),
  form: fc.constant(undefined),
})
const refresh = fc
  .tuple(anyKey, refreshing, some([2, exist], [6, index], [12, parameter('value', anyValue)]))
  .map(
    ([path, given, more]): Operation => ({
      kind: 'request',
      method: 'PUT',
      path,
      query: more,
      form: given,
    }),
  )
const mkdir = request('PUT', {
  query: some([3, exist], [15, ttl]),
  form: fc.constant([['dir', 'true']]),
})
const post = request('POST', {
  query: some([20, exist], [20, broken]),
  form: some([2, parameter('value', anyValue)], [8, parameter('dir', truths)], [8, ttl]),
})
const get = request('GET', {
  query: some(
    [2, parameter('recursive', truths)],
    [2, parameter('sorted', truths)],
    [5, parameter('quorum', truths)],
    [40, broken],
  ),
})
const head = request('HEAD', { query: some([4, parameter('recursive', truths)]) })
const remove = request('DELETE', {
  query: some(
    [3, parameter('recursive', truths)],
    [4, parameter('dir', truths)],
    [6, value],
    [6, index],
    [40, broken],
  ),
  form: fc.constant(undefined),
})
const strange = request('PATCH', { query: fc.constant([]) })

interface Parts {
  readonly query: fc.Arbitrary<Parameter[]>
  readonly form?: fc.Arbitrary<Parameter[] | undefined>
}

function request(method: string, { query, form }: Parts): fc.Arbitrary<Operation> {
  return fc
    .tuple(anyKey, query, form ?? fc.constant(undefined))
    .map(([path, asked, sent]) => ({ kind: 'request', method, path, query: asked, form: sent }))
}

/** From the past, from the near future, and from before all history. */
const since: fc.Arbitrary<Moment> = fc.oneof(
  fc.record({ from: fc.constant('base' as const), offset: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ from: fc.constant('now' as const), offset: fc.integer({ min: -6, max: 3 }) }),
  fc.constant<Moment>({ from: 'now', offset: -1200 }),
)

const watch: fc.Arbitrary<Operation> = fc
  .tuple(
    fc.constantFrom('/t/a', '/t/a', ...files, ...folders, '/t/none/x', '/t/d/s'),
    some(
      [2, parameter('recursive', truths)],
      [3, parameter('stream', truths)],
      [2, parameter('waitIndex', since)],
      [30, parameter('quorum', truths)],
      [60, broken],
    ),
  )
  .map(([path, query]) => ({ kind: 'watch', path, query: [['wait', 'true'], ...query] }))

const rootWatch: fc.Arbitrary<Operation> = some(
  [3, parameter('stream', truths)],
  [2, parameter('waitIndex', since)],
).map((query) => ({
  kind: 'watch',
  path: '/',
  query: [['wait', 'true'], ['recursive', 'true'], ...query],
}))

const stats = fc.constant<Operation>({ kind: 'stats' })

/** Everything that is asked of two servers. Keys first, so that later requests find some. */
export const sequences: fc.Arbitrary<Operation[]> = fc
  .tuple(
    fc.array(fc.oneof(set, set, mkdir), { maxLength: 5, size: 'max' }),
    fc.array(
      fc.oneof(
        { arbitrary: put, weight: 20 },
        { arbitrary: set, weight: 20 },
        { arbitrary: eternal, weight: 2 },
        { arbitrary: update, weight: 8 },
        { arbitrary: swap, weight: 14 },
        { arbitrary: compareAndDelete, weight: 6 },
        { arbitrary: refresh, weight: 6 },
        { arbitrary: mkdir, weight: 8 },
        { arbitrary: post, weight: 8 },
        { arbitrary: get, weight: 14 },
        { arbitrary: head, weight: 2 },
        { arbitrary: remove, weight: 12 },
        { arbitrary: strange, weight: 1 },
        { arbitrary: watch, weight: 12 },
        { arbitrary: rootWatch, weight: 2 },
        { arbitrary: stats, weight: 2 },
      ),
      { minLength: 3, maxLength: 20, size: 'max' },
    ),
  )
  .map((parts) => parts.flat())
