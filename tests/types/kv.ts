// What the verbs on keys take and answer, by type. Compiled, never run.

import {
  bytes,
  type Codec,
  type CompactResult,
  type CompareAndSwapResult,
  type DeleteResult,
  type Entry,
  type Etcd,
  everything,
  json,
  type Key,
  type KeyRange,
  type Keyspace,
  type ListResult,
  type PutIfAbsentResult,
  type PutIfPresentResult,
  type PutResult,
  prefix,
  range,
  type StandardSchema,
  text,
} from 'etcdkit'
import { type Equal, expectTrue } from './equal.ts'

interface App {
  readonly port: number
}

export async function putTypes(etcd: Etcd, apps: Keyspace<App>): Promise<void> {
  const put = await etcd.put('a', '1', {
    lease: '7',
    previous: true,
    timeoutMs: 1,
    repeatable: true,
  })
  expectTrue<Equal<typeof put, PutResult<string>>>()
  expectTrue<Equal<typeof put.previous, Entry<string> | undefined>>()
  expectTrue<Equal<typeof put.revision, number>>()
  await etcd.put(new Uint8Array(1), new Uint8Array(1), { lease: { id: '7' } })
  await etcd.put('a', undefined, { ignoreValue: true })
  expectTrue<Equal<(typeof put)['previous'], Entry<string> | undefined>>()
  const app = await apps.put('a', { port: 80 }, { signal: AbortSignal.abort() })
  expectTrue<Equal<typeof app, PutResult<App>>>()

  // @ts-expect-error A number is no text.
  await etcd.put('a', 1)
  // @ts-expect-error Nothing is no value.
  await etcd.put('a')
  // @ts-expect-error Without ignoreValue there must be a value.
  await etcd.put('a', undefined)
  // @ts-expect-error Without ignoreValue there must be a value.
  await etcd.put('a', undefined, { previous: true })
  // @ts-expect-error ignoreValue must be known to be true.
  await etcd.put('a', undefined, { ignoreValue: false })
  // @ts-expect-error A number is no key.
  await etcd.put(1, '1')
  // @ts-expect-error A range is no key.
  await etcd.put(prefix('a'), '1')
  // @ts-expect-error A put has no limit.
  await etcd.put('a', '1', { limit: 1 })
  // @ts-expect-error The option is called previous.
  await etcd.put('a', '1', { prevKv: true })
  // @ts-expect-error A lease is a text, as its id is too large for a number.
  await etcd.put('a', '1', { lease: 7 })
  // @ts-expect-error Of another type.
  await apps.put('a', { port: '80' })
  // @ts-expect-error Text is no app.
  await apps.put('a', '80')
  // @ts-expect-error Results are not to be changed.
  put.revision = 1
}

export async function readTypes(etcd: Etcd, apps: Keyspace<App>): Promise<void> {
  const got = await etcd.get('a', { revision: 1, serializable: true, requireLeader: true })
  expectTrue<Equal<typeof got, Entry<string> | undefined>>()
  const app = await apps.get('a')
  expectTrue<Equal<typeof app, Entry<App> | undefined>>()
  const list = await etcd.list(prefix('a'), { limit: 1, sort: 'modRevision', order: 'descending' })
  expectTrue<Equal<typeof list, ListResult<string>>>()
  const bare = await etcd.list(prefix('a'), { keysOnly: true })
  expectTrue<Equal<typeof bare, ListResult<string | undefined>>>()
  const full = await etcd.list(prefix('a'), { keysOnly: false })
  expectTrue<Equal<typeof full, ListResult<string>>>()
  const count = await etcd.count(everything)
  expectTrue<Equal<typeof count, number>>()
  for await (const entry of etcd.scan(range('a', 'c'), { pageSize: 10, order: 'ascending' })) {
    expectTrue<Equal<typeof entry, Entry<string>>>()
  }
  for await (const entry of apps.scan('a', { keysOnly: true })) {
    expectTrue<Equal<typeof entry, Entry<App | undefined>>>()
  }

  // @ts-expect-error There may be no such key.
  got.value
  // @ts-expect-error Without values there may be none.
  bare.entries[0].value.length
  // @ts-expect-error A get has no limit.
  await etcd.get('a', { limit: 1 })
  // @ts-expect-error A get is of one key.
  await etcd.get(prefix('a'))
  // @ts-expect-error Reads are repeated anyway.
  await etcd.get('a', { repeatable: true })
  // @ts-expect-error There is no such thing to sort by.
  await etcd.list(everything, { sort: 'size' })
  // @ts-expect-error There is no such order.
  await etcd.list(everything, { order: 'up' })
  // @ts-expect-error A list has no pages.
  await etcd.list(everything, { pageSize: 1 })
  // @ts-expect-error A scan has no limit.
  etcd.scan(everything, { limit: 1 })
  // @ts-expect-error A scan goes by key.
  etcd.scan(everything, { sort: 'value' })
  // @ts-expect-error Entries are not to be changed.
  list.entries.pop()
}

export async function deleteTypes(etcd: Etcd, apps: Keyspace<App>): Promise<void> {
  const deleted = await etcd.delete(prefix('a'), { previous: true })
  expectTrue<Equal<typeof deleted, DeleteResult<string>>>()
  const app = await apps.delete('a')
  expectTrue<Equal<typeof app.previous, readonly Entry<App>[]>>()
  const compacted = await etcd.compact(1, { physical: true })
  expectTrue<Equal<typeof compacted, CompactResult>>()

  // @ts-expect-error What to delete must be said.
  await etcd.delete()
  // @ts-expect-error A delete has no limit.
  await etcd.delete('a', { limit: 1 })
  // @ts-expect-error A revision is a number.
  await etcd.compact('1')
  // @ts-expect-error A keyspace is not the store.
  await apps.compact(1)
}

export async function swapTypes(etcd: Etcd, apps: Keyspace<App>): Promise<void> {
  const absent = await etcd.putIfAbsent('a', '1', { lease: '7' })
  expectTrue<Equal<typeof absent, PutIfAbsentResult<string>>>()
  if (absent.succeeded) {
    // @ts-expect-error Nothing was there.
    absent.current
  } else {
    expectTrue<Equal<typeof absent.current, Entry<string>>>()
  }
  const present = await apps.putIfPresent('a', { port: 80 }, { previous: true })
  expectTrue<Equal<typeof present, PutIfPresentResult<App>>>()
  if (present.succeeded) expectTrue<Equal<typeof present.previous, Entry<App> | undefined>>()
  const swapped = await apps.compareAndSwap('a', { port: 80 }, { value: { port: 81 }, version: 1 })
  expectTrue<Equal<typeof swapped, CompareAndSwapResult<App>>>()
  if (!swapped.succeeded) expectTrue<Equal<typeof swapped.current, Entry<App> | undefined>>()

  // @ts-expect-error Whether it succeeded must be asked first.
  absent.current.value
  // @ts-expect-error Nothing was there before.
  await etcd.putIfAbsent('a', '1', { previous: true })
  // @ts-expect-error There must be a value.
  await etcd.putIfPresent('a', undefined, { ignoreValue: true })
  // @ts-expect-error What is expected must be said.
  await etcd.compareAndSwap('a', '1')
  // @ts-expect-error Of another type.
  await apps.compareAndSwap('a', { port: 80 }, { value: '81' })
  // @ts-expect-error There is no such thing to expect.
  await etcd.compareAndSwap('a', '1', { revision: 1 })
}

declare const uppercase: Codec<Uppercase<string>, string>
declare const portSchema: StandardSchema<{ readonly port: number | string }, App>

export async function keyspaceTypes(etcd: Etcd): Promise<void> {
  const plain = etcd.keyspace('a/')
  expectTrue<Equal<typeof plain, Keyspace<string, string | Uint8Array>>>()
  const apps = etcd.keyspace('a/', json<App>())
  expectTrue<Equal<typeof apps, Keyspace<App, App>>>()
  const nested = apps.keyspace(new Uint8Array(1))
  expectTrue<Equal<typeof nested, Keyspace<App, App>>>()
  const binary = apps.keyspace('b/', bytes)
  expectTrue<Equal<typeof binary, Keyspace<Uint8Array, Uint8Array>>>()
  const back = binary.keyspace('c/', text)
  expectTrue<Equal<typeof back, Keyspace<string, string | Uint8Array>>>()
  const anything = etcd.keyspace('a/', json())
  expectTrue<Equal<typeof anything, Keyspace<unknown, unknown>>>()
  const loud = etcd.keyspace('a/', uppercase)
  expectTrue<Equal<typeof loud, Keyspace<Uppercase<string>, string>>>()
  await loud.put('a', 'quiet')
  const validated = etcd.keyspace('a/', json(portSchema))
  expectTrue<Equal<typeof validated, Keyspace<App, { readonly port: number | string }>>>()
  await validated.put('a', { port: '80' })
  expectTrue<Equal<NonNullable<Awaited<ReturnType<typeof validated.get>>>['value'], App>>()

  // @ts-expect-error A range is no prefix.
  etcd.keyspace(prefix('a'))
  // @ts-expect-error A codec is more than a function.
  etcd.keyspace('a/', JSON.parse)
  // @ts-expect-error A keyspace does not close the client.
  await plain.close()
  // @ts-expect-error The schema does not take it.
  await validated.put('a', { port: true })
}

export function entryTypes(entry: Entry<App>): void {
  expectTrue<Equal<typeof entry.key, string>>()
  expectTrue<Equal<typeof entry.keyBytes, Uint8Array>>()
  expectTrue<Equal<typeof entry.value, App>>()
  expectTrue<Equal<typeof entry.valueBytes, Uint8Array>>()
  expectTrue<Equal<typeof entry.lease, string | undefined>>()
  expectTrue<Equal<typeof entry.version, number>>()

  // @ts-expect-error Entries are not to be changed.
  entry.value = { port: 1 }
  // @ts-expect-error There is no such thing.
  entry.revision
}

export function rangeTypes(key: Key, target: KeyRange): void {
  expectTrue<Equal<Key, string | Uint8Array>>()
  expectTrue<Equal<ReturnType<typeof prefix>, KeyRange>>()
  range(key, key)

  // @ts-expect-error A range is made of keys.
  prefix(target)
  // @ts-expect-error A range has an end.
  range('a')
  // @ts-expect-error Ranges are not to be changed.
  target.start = new Uint8Array(1)
}
