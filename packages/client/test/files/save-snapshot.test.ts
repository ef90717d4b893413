import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import { pollUntil } from '../../../../tests/support/poll.ts'
import { createTempFolder } from '../../../../tests/support/temp-folder.ts'
import { saveSnapshot } from '../../src/files/save-snapshot.ts'
import { flush } from '../v3/support/manual-clock.ts'
import { type Scripted, scripted } from '../v3/support/scripted.ts'

const database = Uint8Array.from({ length: 2048 }, (_, index) => index * 13)
const checksum = createHash('sha256').update(database).digest()
const whole = Buffer.concat([database, checksum])

/** Waits for the file system: it takes as long as it takes. */
function until(check: () => Promise<boolean>): Promise<void> {
  return pollUntil(check, { what: 'the file system', deadlineMs: 30_000, intervalMs: 1 })
}

async function streamIn(world: Scripted): Promise<void> {
  const { transport } = world
  await flush()
  await transport.last.push({ blob: database.subarray(0, 1000), remainingBytes: 1048 })
  await transport.last.push({ blob: database.subarray(1000), remainingBytes: 0, version: '3.6.0' })
}

describe('saveSnapshot', () => {
  it('writes the part, and gives it its name when it is whole', async () => {
    await using folder = createTempFolder('snapshot')
    const path = join(folder.path, 'etcd.db')
    await writeFile(path, 'an older one')
    await writeFile(`${path}.part`, 'left by a crash')
    const world = scripted()
    const saving = saveSnapshot(world.etcd, path)
    await streamIn(world)
    await until(async () => (await stat(`${path}.part`)).size === 2016)
    assert.equal(await readFile(path, 'utf8'), 'an older one')
    await world.transport.last.push({ blob: checksum, remainingBytes: 0 })
    await world.transport.last.finish()
    assert.deepEqual(await saving, { path, bytes: 2080, version: '3.6.0' })
    assert.deepEqual(await readdir(folder.path), ['etcd.db'])
    assert.ok((await readFile(path)).equals(whole))
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  const endings: readonly (readonly [string, (world: Scripted) => Promise<void>, string])[] = [
    [
      'a stream that breaks',
      ({ transport }) => transport.last.fail(new EtcdError('cut', { code: 'connection-lost' })),
      'connection-lost',
    ],
    ['a stream that ends early', ({ transport }) => transport.last.finish(), 'snapshot-corrupt'],
    [
      'a checksum that is wrong',
      async ({ transport }) => {
        await transport.last.push({ blob: new Uint8Array(32), remainingBytes: 0 })
        await transport.last.finish()
      },
      'snapshot-corrupt',
    ],
  ]
  for (const [what, end, code] of endings) {
    it(`leaves nothing behind after ${what}, and what was there before as it was`, async () => {
      await using folder = createTempFolder('snapshot')
      const path = join(folder.path, 'etcd.db')
      await writeFile(path, 'an older one')
      const world = scripted()
      const failing = assert.rejects(saveSnapshot(world.etcd, path), { code })
      await streamIn(world)
      await end(world)
      await failing
      assert.deepEqual(await readdir(folder.path), ['etcd.db'])
      assert.equal(await readFile(path, 'utf8'), 'an older one')
    })
  }

  it('leaves nothing behind when it is aborted, and rejects with the reason', async () => {
    await using folder = createTempFolder('snapshot')
    const world = scripted()
    const controller = new AbortController()
    const reason = { enough: true }
    const path = join(folder.path, 'etcd.db')
    const saving = saveSnapshot(world.etcd, path, { signal: controller.signal })
    const outcome = saving.catch((error: unknown) => error)
    await streamIn(world)
    controller.abort(reason)
    await world.transport.last.fail(reason)
    assert.equal(await outcome, reason)
    assert.deepEqual(await readdir(folder.path), [])
  })

  it('rejects with file-failed where it cannot write, and ends the stream', async () => {
    await using folder = createTempFolder('snapshot')
    const occupied = join(folder.path, 'folder')
    await mkdir(occupied)
    for (const path of [join(folder.path, 'none', 'etcd.db'), occupied]) {
      const world = scripted()
      const saving = saveSnapshot(world.etcd, path).catch((error: unknown) => error)
      await streamIn(world)
      await world.transport.last.push({ blob: checksum, remainingBytes: 0 })
      await world.transport.last.finish()
      const error = await saving
      assert.ok(error instanceof EtcdError)
      assert.equal(error.code, 'file-failed')
      assert.ok(error.message.startsWith(`Cannot save a snapshot to ${JSON.stringify(path)}: `))
      assert.ok(error.cause instanceof Error && 'code' in error.cause)
      assert.ok(world.transport.last.isOver)
    }
    assert.deepEqual(await readdir(folder.path), ['folder'])
  })

  it('does not publish a part that another save has taken the place of', async () => {
    await using folder = createTempFolder('snapshot')
    const path = join(folder.path, 'etcd.db')
    const [first, second] = [scripted(), scripted()]
    const slow = assert.rejects(saveSnapshot(first.etcd, path), /was replaced by another file/)
    await streamIn(first)
    await until(async () => (await readdir(folder.path)).length === 1)
    const quick = saveSnapshot(second.etcd, path)
    await streamIn(second)
    await until(async () => (await stat(`${path}.part`)).size === 2016)
    await first.transport.last.push({ blob: checksum, remainingBytes: 0 })
    await first.transport.last.finish()
    await slow
    await second.transport.last.push({ blob: checksum, remainingBytes: 0 })
    await second.transport.last.finish()
    await quick
    assert.deepEqual(await readdir(folder.path), ['etcd.db'])
    assert.ok((await readFile(path)).equals(whole))
  })

  it('rejects bad input with a TypeError, and touches neither file nor server', async () => {
    await using folder = createTempFolder('snapshot')
    const { etcd, transport } = scripted()
    const path = join(folder.path, 'etcd.db')
    await assert.rejects(saveSnapshot(etcd, ''), TypeError)
    await assert.rejects(saveSnapshot(etcd, 7 as unknown as string), TypeError)
    await assert.rejects(saveSnapshot(etcd, path, { what: 1 } as object), TypeError)
    await assert.rejects(saveSnapshot(etcd, path, { timeoutMs: -1 }), RangeError)
    assert.deepEqual([await readdir(folder.path), transport.streams.length], [[], 0])
  })
})
