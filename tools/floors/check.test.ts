import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkFloors, importsOf } from './check.ts'

const protocol = "import { KV } from '@etcdkit/protocol'"

function faultsOf(path: string, text: string): string[] {
  return checkFloors([{ path, text }]).map((fault) => fault.reason)
}

test('checkFloors lets imports point down and stay on their floor', () => {
  assert.deepEqual(
    faultsOf('packages/client/src/v3/kv.ts', `${protocol}\nimport { a } from './entry.ts'`),
    [],
  )
  assert.deepEqual(
    faultsOf(
      'packages/client/src/transport/grpc/call.ts',
      "import type { S } from '../../http2/stream.ts'",
    ),
    [],
  )
  assert.deepEqual(
    faultsOf('packages/client/src/index.ts', "export { Etcd } from './v3/etcd.ts'"),
    [],
  )
})

test('checkFloors refuses imports that point up or sideways', () => {
  assert.deepEqual(
    faultsOf('packages/client/src/v3/kv.ts', "import { x } from '../transport/retry.ts'"),
    ['packages/client/src/v3 may not import from packages/client/src/transport'],
  )
  assert.deepEqual(faultsOf('packages/client/src/http2/session.ts', protocol), [
    'packages/client/src/http2 may not import from packages/protocol/src',
  ])
  assert.deepEqual(
    faultsOf('packages/server/src/v3/kv.ts', "export type { Etcd } from 'etcdkit'"),
    ['packages/server/src/v3 may not import from packages/client/src'],
  )
  assert.deepEqual(
    faultsOf('packages/protocol/src/wire.ts', "await import('../../client/src/index.ts')"),
    ['packages/protocol/src may not import from packages/client/src'],
  )
})

test('checkFloors refuses Node where every runtime is meant, and folders without a floor', () => {
  assert.deepEqual(faultsOf('packages/client/src/v3/kv.ts', "import { connect } from 'node:net'"), [
    'packages/client/src/v3 is for every runtime, not only Node',
  ])
  assert.deepEqual(faultsOf('packages/new/src/a.ts', ''), [
    'its folder has no floor in tools/floors/table.ts',
  ])
})

test('importsOf reads every form of import, and no comment', () => {
  const text = `
// import { a } from './commented.ts'
/* import './block.ts' */
import './side-effect.ts'
import type { T } from './type.ts'
import {
  long,
} from './lines.ts'
export * from './all.ts'
const lazy = import('./lazy.ts')`
  assert.deepEqual(importsOf(text), [
    './side-effect.ts',
    './type.ts',
    './lines.ts',
    './all.ts',
    './lazy.ts',
  ])
})
