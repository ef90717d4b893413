// A snapshot of the embedded server is one to a real etcd: its tools find it whole, and an etcd restored from it has the
// same keys, history, leases, users and roles.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import { promisify } from 'node:util'
import {
  Auth,
  encodeUtf8,
  KV,
  Lease,
  Maintenance,
  PermissionType,
  type Transport,
} from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import { etcdVersions, requireEtcdBinary } from '../support/etcd-binary.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { patientMs } from '../support/patience.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { createTempFolder } from '../support/temp-folder.ts'

const run = promisify(execFile)
const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) }

/** Some of everything that a snapshot has. */
async function fill(transport: Transport): Promise<void> {
  for (let n = 0; n < 500; n++) {
    const value = encodeUtf8('v'.repeat(n % 50))
    await transport.unary(KV.put, { key: encodeUtf8(`k${n % 120}`), value })
  }
  await transport.unary(KV.put, { key: encodeUtf8('large'), value: new Uint8Array(1_000_000) })
  await transport.unary(KV.compact, { revision: 300 })
  await transport.unary(KV.deleteRange, { key: encodeUtf8('k1'), rangeEnd: encodeUtf8('k2') })
  for (const ID of ['-77', '9223372036854775807']) {
    await transport.unary(Lease.leaseGrant, { ID, TTL: 1000 })
    await transport.unary(KV.put, { key: encodeUtf8(`of ${ID}`), lease: ID })
  }
  await transport.unary(Auth.userAdd, { name: 'root', options: { noPassword: true } })
  await transport.unary(Auth.roleAdd, { name: 'reader' })
  const perm = { permType: PermissionType.READ, key: encodeUtf8('k'), rangeEnd: encodeUtf8('l') }
  await transport.unary(Auth.roleGrantPermission, { name: 'reader', perm })
  await transport.unary(Auth.userGrantRole, { user: 'root', role: 'reader' })
}

async function snapshotOf(transport: Transport): Promise<Buffer> {
  const stream = transport.stream(Maintenance.snapshot)
  stream.send({})
  stream.end()
  const blobs: Uint8Array[] = []
  for await (const { blob } of stream) blobs.push(blob)
  return Buffer.concat(blobs)
}

/** All there is to be asked, without what is a member's own. */
async function stateOf(unary: Transport['unary']): Promise<unknown> {
  const range = await unary(KV.range, everything)
  const past = await unary(KV.range, { ...everything, revision: 400 })
  const { leases } = await unary(Lease.leaseLeases, {})
  const { keys, grantedTTL } = await unary(Lease.leaseTimeToLive, { ID: '-77', keys: true })
  const { users } = await unary(Auth.userList, {})
  const { roles } = await unary(Auth.userGet, { name: 'root' })
  const { perm } = await unary(Auth.roleGet, { role: 'reader' })
  const { hash, compactRevision } = await unary(Maintenance.hashKV, {})
  return {
    revision: range.header?.revision,
    entries: [range.kvs, past.kvs],
    leases: [leases.map(({ ID }) => ID).toSorted(), keys, grantedTTL],
    auth: [users, roles, perm],
    hash: [hash, compactRevision],
  }
}

for (const version of etcdVersions) {
  describeWith(etcdRequirement(version), 'snapshots of the embedded server', () => {
    it('etcdctl finds a snapshot whole, and an etcd restored from it is the same', {
      timeout: 180_000,
    }, async () => {
      await using server = EtcdServer.create()
      const { transport } = server
      await fill(transport)
      await using folder = createTempFolder('snapshot')
      const [file, data] = [join(folder.path, 'snapshot.db'), join(folder.path, 'data')]
      await writeFile(file, await snapshotOf(transport))
      await using etcd = await startRestored(file, data)
      await using client = new Etcd({ endpoints: etcd.endpoints, timeoutMs: patientMs })
      const ours: Transport['unary'] = (method, request) => transport.unary(method, request)
      const unary: Transport['unary'] = (method, request) => client.call(method, request)
      assert.deepEqual(await stateOf(unary), await stateOf(ours))
      // It goes on from there.
      const { header } = await unary(KV.put, { key: encodeUtf8('more') })
      assert.equal(header?.revision, server.revision + 1)
    })
  })

  async function startRestored(file: string, data: string): Promise<RunningEtcd> {
    const { etcdctl = 'etcdctl' } = requireEtcdBinary(version)
    const env = { ...process.env, ETCDCTL_API: '3' }
    await run(etcdctl, ['snapshot', 'status', file], { env })
    await run(etcdctl, ['snapshot', 'restore', file, '--data-dir', data], { env })
    return await startEtcd({ version, flags: [`--data-dir=${data}`] })
  }
}
