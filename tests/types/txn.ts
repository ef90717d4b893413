// What transactions take and answer, by type. Compiled, never run.

import {
  type Comparison,
  compare,
  type DeleteResult,
  type Entry,
  type Etcd,
  everything,
  type Keyspace,
  type ListResult,
  type Op,
  op,
  type PutResult,
  prefix,
  type TxnResult,
} from 'etcdkit'
import { type Equal, expectTrue } from './equal.ts'

interface App {
  readonly port: number
}

export async function resultTypes(etcd: Etcd): Promise<void> {
  const result = await etcd.txn({
    if: [compare.version('a').equals(0), compare.value('a').notEquals('1')],
    then: [
      op.put('a', '1', { previous: true }),
      op.get('b'),
      op.delete(prefix('c'), { previous: true }),
      op.list(everything, { limit: 1 }),
      op.count(everything),
    ],
    else: [op.get('a')],
  })
  expectTrue<Equal<typeof result.revision, number>>()
  if (result.succeeded) {
    const [put, got, deleted, list, count] = result.results
    expectTrue<Equal<typeof put, PutResult<string>>>()
    expectTrue<Equal<typeof got, Entry<string> | undefined>>()
    expectTrue<Equal<typeof deleted, DeleteResult<string>>>()
    expectTrue<Equal<typeof list, ListResult<string>>>()
    expectTrue<Equal<typeof count, number>>()
    expectTrue<Equal<typeof result.results.length, 5>>()
    // @ts-expect-error There is no sixth operation.
    result.results[5]
    // @ts-expect-error A put is no entry.
    put.value
  } else {
    expectTrue<Equal<typeof result.results, readonly [Entry<string> | undefined]>>()
    // @ts-expect-error There is no second operation.
    result.results[1]
  }
  // @ts-expect-error Which branch was taken must be asked first.
  result.results[0].revision
}

export async function emptyTypes(etcd: Etcd): Promise<void> {
  const nothing = await etcd.txn({})
  expectTrue<Equal<typeof nothing.results, readonly []>>()
  const half = await etcd.txn({ if: [compare.exists('a')], then: [op.get('a')] }, { timeoutMs: 1 })
  if (!half.succeeded) expectTrue<Equal<typeof half.results, readonly []>>()
}

export async function nestedTypes(etcd: Etcd): Promise<void> {
  const result = await etcd.txn({
    then: [op.txn({ if: [compare.missing('a')], then: [op.put('a', '1')], else: [op.count('a')] })],
  })
  if (!result.succeeded) return
  const [inner] = result.results
  if (inner.succeeded) expectTrue<Equal<typeof inner.results, readonly [PutResult<string>]>>()
  else expectTrue<Equal<typeof inner.results, readonly [number]>>()
}

export async function deepTypes(etcd: Etcd, apps: Keyspace<App>): Promise<void> {
  const result = await etcd.txn({
    then: [
      op.txn({
        then: [
          op.txn({
            if: [compare.value('x').equals('1')],
            then: [op.txn({ then: [op.put('a', '1')], else: [op.get('x')] })],
            else: [op.txn({ else: [op.put('a', new Uint8Array(1))] })],
          }),
        ],
        else: [op.count('a')],
      }),
    ],
  })
  if (!result.succeeded || !result.results[0].succeeded) return
  const [third] = result.results[0].results
  if (third.succeeded) {
    const [fourth] = third.results
    if (fourth.succeeded) expectTrue<Equal<typeof fourth.results, readonly [PutResult<string>]>>()
  } else {
    const [fourth] = third.results
    // What is not given does nothing.
    if (fourth.succeeded) expectTrue<Equal<typeof fourth.results, readonly []>>()
  }
  // Built apart, with parts left out at every level.
  const apart = op.txn({
    then: [
      op.txn({ then: [op.txn({ if: [compare.value('a').equals({ port: 1 })], else: [] })] }),
      op.txn({ else: [op.put('a', { port: 2 })] }),
    ],
  })
  await apps.txn({ then: [apart] })
  // @ts-expect-error Apps are no text.
  await etcd.txn({ then: [apart] })
  // @ts-expect-error Text has no numbers for values, however deep.
  await etcd.txn({ then: [op.txn({ then: [op.txn({ then: [op.put('a', 5)] })] })] })
}

export async function ignoreValueTypes(etcd: Etcd, apps: Keyspace<App>): Promise<void> {
  const ignoreValue = true
  const result = await etcd.txn({ then: [op.put('a', undefined, { ignoreValue, lease: '7' })] })
  if (result.succeeded) expectTrue<Equal<typeof result.results, readonly [PutResult<string>]>>()
  await apps.txn({ then: [op.put('a', undefined, { ignoreValue })] })
  // @ts-expect-error Without ignoreValue there is a value.
  await apps.txn({ then: [op.put('a', undefined, { previous: true })] })
}

export async function listTypes(apps: Keyspace<App>, keysOnly: boolean): Promise<void> {
  const result = await apps.txn({
    then: [
      op.list(everything),
      op.list(everything, { keysOnly: false }),
      op.list(everything, { keysOnly: true }),
      op.list(everything, { keysOnly }),
    ],
  })
  if (!result.succeeded) return
  const [list, full, bare, either] = result.results
  expectTrue<Equal<typeof list, ListResult<App>>>()
  expectTrue<Equal<typeof full, ListResult<App>>>()
  // @ts-expect-error Without values there may be none.
  bare.entries[0].value.port
  // @ts-expect-error Without values there may be none.
  either.entries[0].value.port
}

export async function keyspaceTypes(apps: Keyspace<App>): Promise<void> {
  const result = await apps.txn({
    if: [compare.value('a').equals({ port: 80 })],
    then: [op.put('a', { port: 81 }, { previous: true }), op.get('a')],
    else: [op.txn({ then: [op.put('a', { port: 82 })] })],
  })
  if (result.succeeded) {
    expectTrue<Equal<(typeof result.results)[0], PutResult<App>>>()
    expectTrue<Equal<(typeof result.results)[1], Entry<App> | undefined>>()
  }
  // @ts-expect-error Text is no app.
  await apps.txn({ then: [op.put('a', '81')] })
  // @ts-expect-error Text is no app.
  await apps.txn({ if: [compare.value('a').equals('81')] })
  // @ts-expect-error Nor in a nested transaction.
  await apps.txn({ else: [op.txn({ then: [op.put('a', '81')] })] })
}

/** Lists whose length only the run knows. */
export async function dynamicTypes(
  etcd: Etcd,
  ops: readonly Op<string>[],
  conditions: readonly Comparison<string>[],
  keys: readonly string[],
): Promise<void> {
  const result = await etcd.txn({ if: conditions, then: ops })
  if (result.succeeded) {
    const [first] = result.results
    // @ts-expect-error What the first operation is, is not known.
    first?.value
  }
  const gets = await etcd.txn({ then: keys.map((key) => op.get(key)) })
  if (gets.succeeded) {
    expectTrue<Equal<typeof gets.results, readonly (Entry<string> | undefined)[]>>()
  }
}

export function reusedTypes(): void {
  const ops = [op.put('a', '1'), op.get('a')] as const
  expectTrue<Equal<TxnResult<string, typeof ops, readonly []>['succeeded'], boolean>>()
}

export async function refusedTypes(etcd: Etcd): Promise<void> {
  // @ts-expect-error Text has no numbers for values.
  await etcd.txn({ then: [op.put('a', 1)] })
  // @ts-expect-error An operation is made by op.
  await etcd.txn({ then: [{ kind: 'get', key: 'a' }] })
  // @ts-expect-error A condition is no operation.
  await etcd.txn({ then: [compare.exists('a')] })
  // @ts-expect-error An operation is no condition.
  await etcd.txn({ if: [op.get('a')] })
  // @ts-expect-error There is no such part.
  await etcd.txn({ when: [compare.exists('a')] })
  // @ts-expect-error The whole transaction has the options of the call.
  op.get('a', { timeoutMs: 1 })
  // @ts-expect-error A get in a transaction is not serializable on its own.
  op.get('a', { serializable: true })
  // @ts-expect-error A get is of one key.
  op.get(prefix('a'))
  // @ts-expect-error A put is of one key.
  op.put(prefix('a'), '1')
  // @ts-expect-error A delete has no limit.
  op.delete('a', { limit: 1 })
  // @ts-expect-error A version is a number.
  compare.version('a').equals('1')
  // @ts-expect-error There is no such relation.
  compare.version('a').atLeast(1)
  // @ts-expect-error A lease is a text.
  compare.lease('a').equals(7)
  // @ts-expect-error exists is the whole condition.
  compare.exists('a').equals(true)
}
