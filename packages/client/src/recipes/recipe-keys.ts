// The keys a recipe works on: those of a client or of a keyspace, under a name, with values as bytes.

import { bytes } from '../v3/codec.ts'
import { typeName } from '../v3/key.ts'
import type { Keyspace } from '../v3/keyspace.ts'

/** A client or a keyspace, whatever its values are. Recipes keep their keys within it. */
export type AnyKeyspace = Keyspace<unknown, never>

/** The keys of a recipe. */
export type RecipeKeys = Keyspace<Uint8Array>

/**
 * The keys under `name/`, as Go's `concurrency` package lays them out. Throws `TypeError` for a name that is none.
 *
 * Source: etcd `client/v3/concurrency/{mutex,election}.go`.
 */
export function keysUnder(keys: AnyKeyspace, name: string): RecipeKeys {
  return keys.keyspace(`${checkName(name)}/`, bytes)
}

/** Throws `TypeError` unless `name` is a text that is not empty. */
export function checkName(name: string): string {
  if (typeof name !== 'string') throw new TypeError(`the name is a text, not ${typeName(name)}`)
  if (name === '') throw new TypeError('the name is empty')
  return name
}

/** What a session's key is called among others: its lease in hexadecimal, as Go writes it. */
export function leaseKey(lease: string): string {
  return BigInt(lease).toString(16)
}

/** A name that nobody else has: 64 random bits in hexadecimal. */
export function randomName(): string {
  const [word = 0n] = globalThis.crypto.getRandomValues(new BigUint64Array(1))
  return word.toString(16)
}
