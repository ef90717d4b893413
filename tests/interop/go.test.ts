// A Go program on etcd's own client works against the embedded server, as it does against etcd.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EtcdServer } from '@etcdkit/server'
import { runCommand } from '../../tools/etcd/command.ts'
import { buildGo } from '../../tools/go/build.ts'
import { findEtcdBinary } from '../support/etcd-binary.ts'
import { startEtcd } from '../support/etcd-server.ts'
import { describeWith } from '../support/suites.ts'
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts'
import { goRequirement } from './support/go-requirement.ts'

const parts = [
  'kv',
  'txn',
  'watch',
  'compaction',
  'lease',
  'mutex',
  'election',
  'stm',
  'namespace',
  'maintenance',
]

describeWith(goRequirement(), "etcd's Go client", () => {
  let folder: TempFolder
  let program: string
  before(async () => {
    folder = createTempFolder('go')
    program = join(folder.path, 'program')
    await buildGo(fileURLToPath(new URL('go', import.meta.url)), program)
  })
  after(() => folder[Symbol.asyncDispose]())

  const run = async (endpoint: string): Promise<string[]> => {
    const { stdout } = await runCommand(program, [endpoint])
    return stdout.trim().split('\n')
  }

  it('does everything to the embedded server', async () => {
    await using server = await EtcdServer.listen({ port: 0, minLeaseTtlSeconds: 1 })
    assert.deepEqual(await run(server.endpoint), parts)
  })

  for (const version of ['3.5', '3.4'] as const) {
    if (findEtcdBinary(version) === undefined) continue
    it(`does the same to etcd ${version}`, async () => {
      await using etcd = await startEtcd({ version })
      assert.deepEqual(await run(etcd.endpoints[0] ?? ''), parts)
    })
  }
})
