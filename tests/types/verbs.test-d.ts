// What tsc must say of the verbs, their options and codecs. Compiled, never run: see tsconfig.json.

import {
  bytes,
  type Codec,
  type Entry,
  type Etcd,
  everything,
  json,
  type Keyspace,
  prefix,
  type StandardSchema,
  type WatchEvent,
} from 'etcdkit'

declare const etcd: Etcd
declare const anyFlag: boolean

/** Whether two types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

function expect<_T extends true>(): void {}

export async function keysAndValuesAreTextOrBytes(): Promise<void> {
  await etcd.put('a', new Uint8Array(1))
  await etcd.put(new Uint8Array(1), Buffer.from('x'))
  // @ts-expect-error numbers are no values
  await etcd.put('a', 5)
  // @ts-expect-error ranges are no keys
  await etcd.get(prefix('a'))
  const entry = await etcd.get('a')
  // @ts-expect-error it may be missing
  entry.value
  expect<Same<typeof entry, Entry<string> | undefined>>()
}

export async function optionsAreThoseOfTheVerb(): Promise<void> {
  await using lease = await etcd.lease({ ttlSeconds: 5 })
  await etcd.put('a', 'x', { lease, previous: true, repeatable: true })
  await etcd.put('a', undefined, { ignoreValue: true })
  // @ts-expect-error the value is missing
  await etcd.put('a', undefined)
  // @ts-expect-error a list has limits, a get has not
  await etcd.get('a', { limit: 1 })
  // @ts-expect-error reads are repeated anyway
  await etcd.list('a', { repeatable: true })
  // @ts-expect-error no such sort
  await etcd.list('a', { sort: 'keys' })
  // @ts-expect-error no such order
  await etcd.list('a', { order: 'desc' })
  // @ts-expect-error a scan has no limit
  etcd.scan('a', { limit: 1 })
  // @ts-expect-error the TTL is missing
  await etcd.lease({})
  // @ts-expect-error put or delete
  etcd.watch('a', { only: 'puts' })
  // @ts-expect-error the start is called from
  etcd.watch('a', { startRevision: 5 })
}

export async function keysOnlyHasNoValues(): Promise<void> {
  const { entries } = await etcd.list(everything)
  expect<Same<(typeof entries)[number], Entry<string>>>()
  const keys = await etcd.list(everything, { keysOnly: true })
  // @ts-expect-error there may be no value
  const value: string | undefined = keys.entries[0]?.value.length
  const maybe = await etcd.list(everything, { keysOnly: anyFlag })
  expect<Same<(typeof maybe.entries)[number], Entry<string | undefined>>>()
  for await (const entry of etcd.scan(everything, { keysOnly: true })) {
    expect<Same<typeof entry, Entry<string | undefined>>>()
  }
  for await (const entry of etcd.scan(everything)) expect<Same<typeof entry, Entry<string>>>()
  return void value
}

interface Config {
  readonly port: number
}

export async function codecsTypeTheirKeyspaces(): Promise<void> {
  const apps = etcd.keyspace('apps/', json<Config>())
  expect<Same<typeof apps, Keyspace<Config>>>()
  await apps.put('web', { port: 1 })
  // @ts-expect-error not a value of the keyspace
  await apps.put('web', 'x')
  await apps.putIfAbsent('web', { port: 1 })
  await apps.compareAndSwap('web', { port: 2 }, { value: { port: 1 } })
  // @ts-expect-error not a value of the keyspace
  await apps.compareAndSwap('web', { port: 2 }, { value: 'x' })
  const inner = apps.keyspace('v1/')
  expect<Same<typeof inner, Keyspace<Config>>>()
  const images = apps.keyspace('images/', bytes)
  expect<Same<typeof images, Keyspace<Uint8Array>>>()
  // @ts-expect-error text is no bytes
  await images.put('a', 'x')
  const numbers: Codec<number> = { encode: () => new Uint8Array(8), decode: () => 1 }
  const value: number | undefined = (await etcd.keyspace('n/', numbers).get('a'))?.value
  return void value
}

declare const schema: StandardSchema<{ port: string }, Config>

export async function schemasTypeWhatIsWrittenAndRead(): Promise<void> {
  const apps = etcd.keyspace('apps/', json(schema))
  expect<Same<typeof apps, Keyspace<Config, { port: string }>>>()
  await apps.put('web', { port: '1' })
  // @ts-expect-error what is read is not what is written
  await apps.put('web', { port: 1 })
  const port: number | undefined = (await apps.get('web'))?.value.port
  return void port
}

export async function resultsAreDiscriminated(): Promise<void> {
  const absent = await etcd.putIfAbsent('a', 'x')
  // @ts-expect-error only when it did not succeed
  absent.current
  if (!absent.succeeded) expect<Same<typeof absent.current, Entry<string>>>()
  const swapped = await etcd.compareAndSwap('a', 'x', { modRevision: 1 })
  if (swapped.succeeded) expect<Same<typeof swapped.previous, Entry<string> | undefined>>()
  else expect<Same<typeof swapped.current, Entry<string> | undefined>>()
}

export async function eventsAreDiscriminated(): Promise<void> {
  for await (const event of etcd.watch('a')) {
    expect<Same<typeof event, WatchEvent<string>>>()
    if (event.type === 'put') expect<Same<typeof event.value, string>>()
    else expect<Same<typeof event.entry, undefined>>()
  }
  for await (const { events, revision } of etcd.watch('a').batches()) {
    expect<Same<typeof events, readonly WatchEvent<string>[]>>()
    expect<Same<typeof revision, number>>()
  }
}
