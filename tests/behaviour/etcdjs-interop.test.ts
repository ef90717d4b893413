// The same script over npm `etcdjs` and over `etcdkit/etcdjs`: callbacks get the same.

import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { it } from 'node:test'
import etcdjs, { type Etcdjs } from 'etcdkit/etcdjs'
import { called } from '../support/callback.ts'
import { forEachServer } from '../support/suites.ts'

// The package has no types of its own: that ours do for it is what is tested.
const original = createRequire(import.meta.url)('etcdjs') as Etcdjs

type Step = readonly [verb: string, ...given: unknown[]]

const steps: readonly Step[] = [
  ['get', 'no'],
  ['set', 'a', 'one'],
  ['set', '/a', 'two', { ttl: 100 }],
  ['get', '/a'],
  ['update', 'a', 'three'],
  ['update', 'no/such', 'x'],
  ['set', 'a', 'x', { prevExist: false }],
  ['compareAndSwap', 'a', 'four', 'three'],
  ['compareAndSwap', 'a', 'five', 'other'],
  ['compareAndSwap', 'a', 'five', 'other', { ttl: 5 }],
  ['compareAndDelete', 'a', 'other'],
  ['compareAndDelete', 'a', 'four'],
  ['del', 'a'],
  ['set', 'e', ''],
  ['set', 'bad', 'x', { ttl: 'soon' }],
  ['set', 'bad', 'x', { prevIndex: 'first' }],
  ['mkdir', 'd'],
  ['mkdir', 'd'],
  ['set', 'd', 'x'],
  ['set', 'd/b', 'ö &=?#+%'],
  ['set', 'd/a/x', '1'],
  ['set', 'd/b/c', 'x'],
  ['push', 'd/q', 'first'],
  ['push', 'd/q', 'second', { ttl: 60 }],
  ['get', 'd', { sorted: true }],
  ['get', 'd', { sorted: true, recursive: true }],
  ['set', 'j', { list: [1, null] }, { json: true }],
  ['get', 'j', { json: true }],
  ['get', 'j'],
  ['rmdir', 'd'],
  ['rmdir', 'd', { recursive: true }],
  ['delete', 'no', { dir: true }],
  ['set', 'last', 'x', { prevValue: '' }],
]

const jsonSteps: readonly Step[] = [
  ['set', 'a', { b: 1 }],
  ['set', 'n', null],
  ['compareAndSwap', 'a', [2], { b: 1 }],
  ['compareAndSwap', 'a', [3], { b: 1 }],
  ['get', 'a'],
  ['mkdir', 'd'],
  ['set', 'd/x', 'text'],
  ['get', 'd', { recursive: true }],
  ['compareAndDelete', 'a', [2]],
]

/** What callbacks got, in terms that do not depend on what else is in the store. */
async function record(make: Etcdjs, host: string, json: boolean): Promise<unknown[]> {
  const store = make(host, { json })
  const told: unknown[] = []
  let base = 0
  for (const [verb, key = '', ...rest] of json ? jsonSteps : steps) {
    const verbs = store as unknown as Record<string, (...given: unknown[]) => unknown>
    const path = String(key).replace(/^\/?/, '$&interop/')
    // Theirs writes into the options that it is given.
    const given = structuredClone(rest)
    const [error, result] = await called<[Error | null, Record<string, unknown>?]>((callback) =>
      verbs[verb]?.call(store, path, ...given, callback),
    )
    base ||= (result?.node as { modifiedIndex?: number } | undefined)?.modifiedIndex ?? 0
    if (verb === 'push') delete result?.key
    const { message, code, cause, index } = (error ?? {}) as Record<string, unknown>
    const fromBase = (digits: string) => (Number(digits) > 0 ? `+${Number(digits) - base}` : digits)
    const seen = JSON.stringify([
      verb,
      key,
      rest,
      { message, code, cause, errorIndex: index, result },
    ])
    told.push(
      seen
        .replace(/"expiration":"[^"]+"/g, '"expiration":""')
        .replace(/(?<=Index":)\d+/g, fromBase)
        .replace(/(?<=\/)0{5,}\d+/g, fromBase),
    )
  }
  const changes = await new Promise<unknown[]>((resolve) => {
    const seen: unknown[] = []
    const waitIndex = base
    store.wait('interop', { recursive: true, waitIndex }, function onChange(error, change, next) {
      const { action, node, prevNode } = change ?? {}
      const { key, value, dir } = node ?? {}
      seen.push([error, action, key?.replace(/\d{5,}/, ''), value, dir, prevNode?.value])
      // As many as surely came.
      if (seen.length === (json ? 6 : 12)) resolve(seen)
      else next(onChange)
    })
  })
  told.push(changes)
  await called((callback) => store.del('interop', { recursive: true }, callback))
  store.destroy()
  const [late] = await called<[Error | null, unknown?]>((callback) =>
    store.get('interop', callback),
  )
  return [...told, late?.message]
}

forEachServer(
  'etcdjs beside npm etcdjs',
  (server) => {
    for (const json of [false, true]) {
      it(`callbacks get the same, json ${json}`, async () => {
        const [host = ''] = server.endpoints
        const theirs = await record(original, host, json)
        assert.deepEqual(await record(etcdjs, host, json), theirs)
        assert.ok(theirs.length > 10)
      })
    }
  },
  { v2: true, only: ['embedded (gRPC)', 'etcd 3.5'] },
)
