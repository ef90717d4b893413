// What tsc must say of transactions. Compiled, never run: see tsconfig.json.

import {
  compare,
  type DeleteResult,
  type Entry,
  type Etcd,
  everything,
  json,
  type ListResult,
  op,
  type PutResult,
} from 'etcdkit'

declare const etcd: Etcd

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function expect<_T extends true>(): void {}

export async function resultsAreTypedFromTheTuples(): Promise<void> {
  const result = await etcd.txn({
    if: [compare.version('a').equals(0), compare.exists('b')],
    then: [op.put('a', '1'), op.get('b'), op.delete('c'), op.count(everything)],
    else: [op.list('a'), op.list('b', { keysOnly: true })],
  })
  if (result.succeeded) {
    type Results = typeof result.results
    expect<
      Same<
        Results,
        readonly [PutResult<string>, Entry<string> | undefined, DeleteResult<string>, number]
      >
    >()
    // @ts-expect-error there are four results
    result.results[4]
    const value: string | undefined = result.results[1]?.value
    // @ts-expect-error a key may be missing
    result.results[1].value
    return void value
  }
  type Results = typeof result.results
  expect<Same<Results[0], ListResult<string>>>()
  expect<Same<Results['length'], 2>>()
  expect<Same<Results[1], ListResult<string | undefined>>>()
}

export async function nestedTransactionsAreTypedTheSame(): Promise<void> {
  const result = await etcd.txn({
    then: [
      op.txn({ if: [compare.value('a').equals('1')], then: [op.get('a')], else: [] }),
      op.put('b', '2'),
    ],
  })
  if (!result.succeeded) {
    expect<Same<typeof result.results, readonly []>>()
    return
  }
  const [nested, put] = result.results
  expect<Same<typeof put, PutResult<string>>>()
  if (nested.succeeded) expect<Same<typeof nested.results, readonly [Entry<string> | undefined]>>()
  else expect<Same<typeof nested.results, readonly []>>()
}

export async function listsMadeAtRunTimeAreLists(): Promise<void> {
  const puts = ['a', 'b'].map((key) => op.put(key, '1'))
  const result = await etcd.txn({ then: puts })
  if (result.succeeded) expect<Same<typeof result.results, readonly PutResult<string>[]>>()
}

export async function valuesAreThoseOfTheKeyspace(): Promise<void> {
  const apps = etcd.keyspace('apps/', json<{ port: number }>())
  const result = await apps.txn({
    if: [compare.value('web').equals({ port: 1 })],
    then: [op.put('web', { port: 2 }), op.get('web')],
  })
  if (result.succeeded) {
    const port: number | undefined = result.results[1]?.value.port
    void port
  }
  // @ts-expect-error not a value of the keyspace
  await apps.txn({ then: [op.put('web', { host: 'x' })] })
  // @ts-expect-error not a value of the keyspace
  await apps.txn({ if: [compare.value('web').equals('x')] })
  // @ts-expect-error not a value of the keyspace, within
  await apps.txn({ then: [op.txn({ else: [op.put('web', 5)] })] })
  // @ts-expect-error numbers are no values of the client
  await etcd.txn({ then: [op.put('web', 5)] })
}

export async function wrongTransactionsDoNotCompile(): Promise<void> {
  // @ts-expect-error the branches are then and else
  await etcd.txn({ success: [] })
  // @ts-expect-error a version is a number
  compare.version('a').equals('1')
  // @ts-expect-error there is no such comparison
  compare.version('a').atLeast(1)
  // @ts-expect-error no lease option on get
  op.get('a', { lease: '7' })
  // @ts-expect-error an operation of a transaction has no deadline of its own
  op.put('a', '1', { timeoutMs: 5 })
  // @ts-expect-error not every range is a key
  op.get(everything)
}
