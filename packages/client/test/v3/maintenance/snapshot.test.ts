import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import { type Scripted, scripted } from '../support/scripted.ts'
import type { ScriptedStream } from '../support/scripted-transport.ts'

const database = Uint8Array.from({ length: 1000 }, (_, index) => index * 31)
const whole = Buffer.concat([database, createHash('sha256').update(database).digest()])

/** What an iteration yielded, and how it ended. */
interface Read {
  readonly bytes: Buffer
  readonly error: unknown
}

async function readAll(pieces: AsyncIterable<Uint8Array>): Promise<Read> {
  const read: Uint8Array[] = []
  try {
    for await (const piece of pieces) read.push(piece)
  } catch (error) {
    return { bytes: Buffer.concat(read), error }
  }
  return { bytes: Buffer.concat(read), error: undefined }
}

/** Waits until the snapshot has been asked for. */
async function opened({ transport, clock }: Scripted): Promise<ScriptedStream> {
  await clock.advance(0)
  return transport.last
}

async function pushAll(
  stream: ScriptedStream,
  bytes: Uint8Array,
  { size, short = 0 }: { readonly size: number; readonly short?: number },
): Promise<void> {
  for (let from = 0; from < bytes.length; from += size) {
    const blob = bytes.subarray(from, from + size)
    const left = Math.max(0, bytes.length - 32 - from - blob.length)
    await stream.push({ blob, remainingBytes: left + short })
  }
}

function assertCorrupt(error: unknown, fact: RegExp): void {
  assert.ok(error instanceof EtcdError)
  assert.equal(error.code, 'snapshot-corrupt')
  assert.match(error.message, /^Cannot take a snapshot: /)
  assert.match(error.message, fact)
}

const broken = new EtcdError('the connection broke', { code: 'connection-lost' })

describe('maintenance.snapshot', () => {
  for (const size of [1, 7, 32, 33, 64, 500, 999, 1000, 1016, 5000]) {
    it(`yields every byte of a snapshot that comes in pieces of ${size}`, async () => {
      const world = scripted()
      const snapshot = world.etcd.maintenance.snapshot()
      const reading = readAll(snapshot)
      const stream = await opened(world)
      await pushAll(stream, whole, { size })
      await stream.finish()
      const { bytes, error } = await reading
      assert.equal(error, undefined)
      assert.ok(bytes.equals(whole))
      assert.deepEqual([snapshot.receivedBytes, snapshot.remainingBytes], [1032, 0])
    })
  }

  it('sends nothing before it is iterated, which can be done once', async () => {
    const world = scripted()
    const snapshot = world.etcd.maintenance.snapshot()
    await world.clock.advance(0)
    assert.equal(world.transport.streams.length, 0)
    const reading = readAll(snapshot)
    await opened(world)
    assert.throws(() => snapshot[Symbol.asyncIterator](), TypeError)
    world.transport.last.cancel()
    await reading
  })

  it('withholds the checksum until it has proved right: a flipped bit anywhere throws', async () => {
    for (const at of [0, 500, 999, 1000, 1031]) {
      const world = scripted()
      const reading = readAll(world.etcd.maintenance.snapshot())
      const stream = await opened(world)
      const flipped = Buffer.from(whole)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      await pushAll(stream, flipped, { size: 100 })
      await stream.finish()
      const { bytes, error } = await reading
      assertCorrupt(error, /its 1032 bytes are not what its checksum says/)
      assert.equal(bytes.length, 1000)
    }
  })

  it('that ends early with OK throws, however it was cut', async () => {
    for (const [length, fact] of [
      [0, /the server ended it after 0 bytes$/],
      [31, /969 short/],
      [500, /500 short/],
      [999, /1 short/],
      [1000, /are not what its checksum says/],
      [1031, /are not what its checksum says/],
    ] as const) {
      const world = scripted()
      const reading = readAll(world.etcd.maintenance.snapshot())
      const stream = await opened(world)
      const cut = whole.subarray(0, length)
      if (length > 0) {
        await stream.push({ blob: cut, remainingBytes: Math.max(0, 1000 - length) })
      }
      await stream.finish()
      assertCorrupt((await reading).error, fact)
    }
  })

  it('with no more than a few bytes has no checksum', async () => {
    const world = scripted()
    const reading = readAll(world.etcd.maintenance.snapshot())
    const stream = await opened(world)
    await stream.push({ blob: new Uint8Array(31), remainingBytes: 0 })
    await stream.finish()
    assertCorrupt((await reading).error, /it has no checksum in its 31 bytes/)
  })

  it('that breaks off after its first bytes throws and is never resumed', async () => {
    const world = scripted()
    const reading = readAll(world.etcd.maintenance.snapshot())
    const stream = await opened(world)
    await stream.push({ blob: whole.subarray(0, 100), remainingBytes: 900 })
    await stream.fail(broken)
    const { error } = await reading
    assert.ok(error instanceof EtcdError)
    assert.deepEqual(
      [error.code, error.message],
      ['connection-lost', 'Cannot take a snapshot: the connection broke'],
    )
    await world.clock.advance(60_000)
    assert.equal(world.transport.streams.length, 1)
  })

  it('that fails in passing before its first bytes is asked for again, for as long as a call may take', async () => {
    const world = scripted()
    const reading = readAll(world.etcd.maintenance.snapshot())
    await (await opened(world)).fail(broken)
    await world.clock.advance(2)
    assert.equal(world.transport.streams.length, 2)
    await pushAll(world.transport.last, whole, { size: 400 })
    await world.transport.last.finish()
    assert.equal((await reading).error, undefined)

    const gone = scripted()
    const failing = readAll(gone.etcd.maintenance.snapshot())
    for (let elapsed = 0; elapsed < 6000; elapsed += 100) {
      await gone.clock.advance(100)
      if (!gone.transport.last.isOver) await gone.transport.last.fail(broken)
    }
    assert.ok((await failing).error instanceof EtcdError)
  })

  it('asks for another token when its own is refused, three times at most', async () => {
    const refused = new EtcdError('invalid auth token', { code: 'invalid-auth-token' })
    for (const renewsToken of [true, false]) {
      const world = scripted()
      world.transport.renewsToken = renewsToken
      const reading = readAll(world.etcd.maintenance.snapshot())
      await opened(world)
      for (let refusals = 0; refusals < 4; refusals++) {
        await world.transport.last.fail(refused)
        await world.clock.advance(10)
      }
      assert.equal(((await reading).error as EtcdError).code, 'invalid-auth-token')
      assert.equal(world.transport.streams.length, renewsToken ? 4 : 1)
    }
  })

  it('does not try again what is refused for good', async () => {
    const world = scripted()
    const reading = readAll(world.etcd.maintenance.snapshot())
    await (await opened(world)).fail(new EtcdError('no', { code: 'permission-denied' }))
    assert.equal(((await reading).error as EtcdError).message, 'Cannot take a snapshot: no')
    assert.equal(world.transport.streams.length, 1)
  })

  it('tells of its progress and its version', async () => {
    const world = scripted()
    const seen: (readonly [number, number | undefined])[] = []
    const snapshot = world.etcd.maintenance.snapshot({
      onProgress: ({ receivedBytes, remainingBytes }) => seen.push([receivedBytes, remainingBytes]),
    })
    assert.deepEqual([snapshot.remainingBytes, snapshot.version], [undefined, undefined])
    const reading = readAll(snapshot)
    const stream = await opened(world)
    await stream.push({ blob: whole.subarray(0, 600), remainingBytes: 400, version: '3.6.0' })
    await stream.push({ blob: whole.subarray(600, 1000), remainingBytes: 0, version: '3.6.0' })
    await stream.push({ blob: whole.subarray(1000), remainingBytes: 0, version: '3.6.0' })
    await stream.finish()
    await reading
    assert.deepEqual(seen, [
      [600, 400],
      [1000, 0],
      [1032, 0],
    ])
    assert.equal(snapshot.version, '3.6.0')
  })

  it('is ended by what onProgress throws', async () => {
    const world = scripted()
    const reason = new Error('enough')
    const onProgress = (): void => {
      throw reason
    }
    const reading = readAll(world.etcd.maintenance.snapshot({ onProgress }))
    const stream = await opened(world)
    await stream.push({ blob: whole.subarray(0, 600), remainingBytes: 400 })
    assert.equal((await reading).error, reason)
    assert.ok(stream.canceled)
  })

  it('is canceled when the loop is left', async () => {
    const world = scripted()
    const reading = (async () => {
      for await (const piece of world.etcd.maintenance.snapshot()) return piece.length
      return 0
    })()
    const stream = await opened(world)
    await stream.push({ blob: whole.subarray(0, 600), remainingBytes: 400 })
    assert.equal(await reading, 568)
    assert.ok(stream.canceled)
  })

  it('goes to the endpoint asked for, without a limit unless one is given', async () => {
    const world = scripted()
    void readAll(world.etcd.maintenance.snapshot({ endpoint: 'http://b:2379' }))
    const { options } = await opened(world)
    assert.deepEqual([options?.endpoint, options?.timeoutMs], ['http://b:2379', undefined])
    world.transport.last.cancel()
    void readAll(world.etcd.maintenance.snapshot({ timeoutMs: 70 }))
    assert.equal((await opened(world)).options?.timeoutMs, 70)
    world.transport.last.cancel()
  })

  it('throws a TypeError or RangeError for bad options, before anything is sent', async () => {
    const world = scripted()
    for (const options of [{ timeoutMs: -1 }, { size: 1 }, { onProgress: 7 }, null]) {
      const { error } = await readAll(world.etcd.maintenance.snapshot(options as object))
      assert.ok(error instanceof TypeError || error instanceof RangeError, String(error))
      assert.match(error.message, /^Cannot take a snapshot: /)
    }
    assert.equal(world.transport.streams.length, 0)
  })
})
