// The two doors of the v3 client have the same names, types among them, but for what only one of them has.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import * as gateway from 'etcdkit/gateway'

/** The names that a door of re-exports has. */
async function namesOf(door: string): Promise<Set<string>> {
  const text = await readFile(new URL(`../src/${door}`, import.meta.url), 'utf8')
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from/gm)]
  assert.equal(lists.length, [...text.matchAll(/^export/gm)].length, 'doors re-export by name')
  const entries = lists.flatMap(([, list = '']) => list.split(','))
  const names = entries.map((entry) => entry.trim().replace(/^type /, '')).filter(Boolean)
  return new Set(names)
}

const minus = (all: Set<string>, others: Set<string>): string[] =>
  [...all].filter((name) => !others.has(name)).toSorted()

it('the door of the gateway has all of the main door but gRPC and files, and HTTP besides', async () => {
  const [main, ours] = [await namesOf('index.ts'), await namesOf('gateway.ts')]
  assert.ok(main.size > 100)
  assert.deepEqual(minus(main, ours), [
    'GrpcTransport',
    'GrpcTransportOptions',
    // It works on a client of either door.
    'SavedSnapshot',
    'saveSnapshot',
  ])
  assert.deepEqual(minus(ours, main), [
    'EtcdCore',
    'EtcdCoreOptions',
    'HttpRequestOptions',
    'HttpResponse',
    'ServerHealth',
    'ServerVersion',
  ])
  for (const name of Object.keys(gateway)) assert.ok(ours.has(name), name)
})
