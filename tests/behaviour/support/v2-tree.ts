// A v2 tree to be migrated, and what has become of it in v3.

import { type Etcd, everything, type Keyspace } from 'etcdkit'
import { EtcdV2, type V2Keyspace } from 'etcdkit/v2'
import type { SuiteServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

const timeoutMs = 60_000

/** A keyspace of each API, under the same prefix, on a server that has both. */
export interface World extends AsyncDisposable {
  readonly v2: V2Keyspace<string, string | Uint8Array>
  readonly v3: Keyspace<string, string | Uint8Array>
  readonly etcd: Etcd
}

/** Opens one; closed at the end of its block. */
export function openWorld(server: SuiteServer): World {
  const old = new EtcdV2({ endpoints: server.endpoints, timeoutMs })
  const etcd = server.connect({ timeoutMs })
  const prefix = uniquePrefix()
  return {
    v2: old.keyspace(prefix),
    v3: etcd.keyspace(prefix),
    etcd,
    async [Symbol.asyncDispose]() {
      await old.close()
      await etcd.close()
    },
  }
}

/** Writes keys into nested directories, and answers what is to be found in v3. */
export async function fill(v2: World['v2'], count: number): Promise<Map<string, string>> {
  const expected = new Map<string, string>()
  for (let n = 0; n < count; n += 250) {
    const numbers = Array.from({ length: 250 }, (_, at) => n + at)
    const keys = numbers.map((at) => `/d${at % 7}/e${at % 11}/ö ${at}`)
    await Promise.all(keys.map((key) => v2.set(key, `v${key}`, { noValueOnSuccess: true })))
    for (const key of keys) expected.set(key, `v${key}`)
  }
  return expected
}

/** All that is in v3. */
export async function contents(v3: World['v3']): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for await (const { key, value } of v3.scan(everything)) found.set(key, value)
  return found
}
