// Snapshots of real members: whole, as etcdctl sees them, and good to start a member from.

import assert from 'node:assert/strict'
import { readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { Etcd, prefix, saveSnapshot } from 'etcdkit'
import { type EtcdVersion, etcdVersions } from '../support/etcd-binary.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { GuardedProcess } from '../support/guarded-process.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { createTempFolder } from '../support/temp-folder.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'
import { startProxy } from './support/tcp-proxy.ts'

// More than a client takes in before it is read.
const filled = 100
const databaseBytes = 20_000_000

/** What `etcdctl snapshot status -w json` tells. */
interface SnapshotStatus {
  readonly hash: number
  readonly revision: number
  readonly totalKey: number
  readonly totalSize: number
}

for (const version of etcdVersions) {
  describeWith(etcdRequirement(version), 'snapshot', () => declare(version))
}

function declare(version: EtcdVersion): void {
  let server: RunningEtcd
  before(async () => {
    server = await startEtcd({ version })
    await using etcd = new Etcd({ endpoints: server.endpoints, timeoutMs: 60_000 })
    const value = 'x'.repeat(200_000)
    await Promise.all(Array.from({ length: filled }, (_, n) => etcd.put(`filled/${n}`, value)))
  })
  after(() => server[Symbol.asyncDispose]())
  failOnLeaks()

  async function statusOf(path: string): Promise<SnapshotStatus> {
    assert.ok(server.etcdctl)
    await using process = await GuardedProcess.start({
      command: server.etcdctl,
      args: ['snapshot', 'status', path, '-w', 'json'],
      env: { ETCDCTL_API: '3' },
    })
    assert.equal((await process.exited).code, 0, process.output)
    const line = process.output.split('\n').find((each) => each.startsWith('{"hash"'))
    return JSON.parse(line ?? '') as SnapshotStatus // etcdctl's own JSON form
  }

  it('saveSnapshot writes what etcdctl finds whole, and a member starts from', async () => {
    await using folder = createTempFolder('snapshot')
    const path = join(folder.path, 'etcd.db')
    await using etcd = new Etcd(server.endpoints)
    const { revision } = await etcd.put('before', 'the snapshot')
    const seen: (number | undefined)[] = []
    const saved = await saveSnapshot(etcd, path, {
      endpoint: server.endpoints[0],
      onProgress: ({ remainingBytes }) => seen.push(remainingBytes),
    })
    const { size, mode } = await stat(path)
    assert.deepEqual([saved.path, saved.bytes, saved.version], [path, size, undefined])
    assert.equal(size % 512, 32)
    assert.equal(mode & 0o777, 0o600)
    assert.deepEqual(await readdir(folder.path), ['etcd.db'])
    assert.ok(seen.length > 2)
    assert.deepEqual(
      seen,
      seen.toSorted((left = 0, right = 0) => right - left),
    )
    assert.equal(seen.at(-1), 0)
    const status = await statusOf(path)
    assert.equal(status.revision, revision)
    assert.ok(status.totalKey > filled)

    await etcd.put('before', 'changed since')
    await etcd.put('after', 'the snapshot')
    await server.members[0]?.restore(path)
    assert.equal((await etcd.get('before'))?.value, 'the snapshot')
    assert.equal(await etcd.get('after'), undefined)
    assert.equal(await etcd.count(prefix('filled/')), filled)
  })

  it('maintenance.snapshot streams what makes such a file', async () => {
    await using folder = createTempFolder('snapshot')
    const path = join(folder.path, 'etcd.db')
    await using etcd = new Etcd(server.endpoints)
    const { revision } = await etcd.list('any')
    await writeFile(path, etcd.maintenance.snapshot())
    const status = await statusOf(path)
    assert.equal(status.revision, revision)
    assert.ok(status.totalKey > filled)
  })

  it('a connection cut in the middle ends a snapshot with an error, and leaves no file', async () => {
    await using folder = createTempFolder('snapshot')
    const path = join(folder.path, 'etcd.db')
    await using proxy = await startProxy(server.endpoints[0] ?? '')
    await using etcd = new Etcd(proxy.endpoint)
    const cutting = saveSnapshot(etcd, path, {
      onProgress: ({ receivedBytes }) => {
        if (receivedBytes > 100_000) proxy.cut()
      },
    })
    const error = await rejectionOf(cutting)
    assert.match(String(error), /^EtcdError: Cannot take a snapshot: /)
    assert.deepEqual(await readdir(folder.path), [])
    assert.ok((await saveSnapshot(etcd, path)).bytes > databaseBytes)
  })

  it('maintenance.snapshot ends by its signal and by its limit, with the reason for each', async () => {
    await using etcd = new Etcd(server.endpoints)
    const controller = new AbortController()
    const reason = { enough: true }
    const { signal } = controller
    let bytes = 0
    const aborted = (async () => {
      for await (const piece of etcd.maintenance.snapshot({ signal })) {
        bytes += piece.length
        controller.abort(reason)
      }
    })()
    assert.equal(await rejectionOf(aborted), reason)
    assert.ok(bytes > 0 && bytes < databaseBytes)
    await using proxy = await startProxy(server.endpoints[0] ?? '')
    await using slow = new Etcd(proxy.endpoint)
    const late = (async () => {
      for await (const _ of slow.maintenance.snapshot({ timeoutMs: 300 })) proxy.holdAnswers()
    })()
    await etcdErrorOf(late, 'deadline-exceeded')
  })
}
