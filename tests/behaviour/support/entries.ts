// Entries and lists of them as plain values, which can be compared.

import type { Entry } from 'etcdkit'

/** Everything an entry tells. */
export interface EntryFacts<V> {
  readonly key: string
  readonly value: V
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease: string | undefined
}

/** Everything `entry` tells; `undefined` for none. */
export function factsOf<V>(entry: Entry<V> | undefined): EntryFacts<V> | undefined {
  if (entry === undefined) return undefined
  const { key, value, createRevision, modRevision, version, lease } = entry
  return { key, value, createRevision, modRevision, version, lease }
}

/** The keys, in their order. */
export function keysOf(entries: readonly Entry<unknown>[]): string[] {
  return entries.map(({ key }) => key)
}

/** Keys and values, in their order. */
export function pairsOf<V>(entries: readonly Entry<V>[]): [string, V][] {
  return entries.map(({ key, value }) => [key, value])
}

/** Everything an iteration yields. */
export async function collect<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of iterable) values.push(value)
  return values
}
