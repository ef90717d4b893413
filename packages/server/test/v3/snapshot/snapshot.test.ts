// The snapshot as it is streamed: its framing, its checksum, who may have it: reference/server-v3.md, section 11.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { it } from 'node:test'
import {
  Auth,
  encodeUtf8,
  KV,
  Maintenance,
  type SnapshotResponse,
  type Transport,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { forEachWire, put } from '../wires.ts'
import { readBoltFile } from './bolt-reader.ts'

async function snapshotOf(transport: Transport): Promise<SnapshotResponse[]> {
  const stream = transport.stream(Maintenance.snapshot)
  stream.send({})
  stream.end()
  const messages: SnapshotResponse[] = []
  for await (const message of stream) messages.push(message)
  return messages
}

forEachWire((wire) => {
  failOnLeaks()

  it('a snapshot comes in blobs of 32 KiB that count down, and then its checksum', async () => {
    await using world = await wire.start()
    const { transport } = world
    await transport.unary(KV.put, { key: encodeUtf8('large'), value: new Uint8Array(1_000_000) })
    const messages = await snapshotOf(transport)
    const file = Buffer.concat(messages.slice(0, -1).map(({ blob }) => blob))
    assert.equal(file.length % 4096, 0)
    assert.equal(file.readUInt32LE(16), 0xed0cdaed)
    let left = file.length
    for (const { blob, remainingBytes, header, version } of messages.slice(0, -1)) {
      assert.equal(blob.length, Math.min(left, 32_768))
      left -= blob.length
      assert.deepEqual([remainingBytes, header, version], [left, undefined, '3.6.0'])
    }
    const last = messages.at(-1)
    assert.deepEqual(last?.blob, new Uint8Array(createHash('sha256').update(file).digest()))
    assert.equal(last?.remainingBytes, 0)
  })

  it('a snapshot is of one moment, and has every version that is left', async () => {
    await using world = await wire.start()
    const { transport } = world
    for (const value of ['1', '2', '3']) await put(transport, 'a', value)
    await transport.unary(KV.compact, { revision: 3 })
    await transport.unary(KV.deleteRange, { key: encodeUtf8('a') })
    const messages = await snapshotOf(transport)
    const file = Buffer.concat(messages.slice(0, -1).map(({ blob }) => blob))
    const keys = (readBoltFile(file).get('key') ?? []).map(([key]) => key.toString('hex'))
    assert.deepEqual(keys, [
      '00000000000000035f0000000000000000',
      '00000000000000045f0000000000000000',
      '00000000000000055f000000000000000074',
    ])
    assert.deepEqual(
      [...readBoltFile(file).keys()],
      [
        'alarm',
        'auth',
        'authRoles',
        'authUsers',
        'cluster',
        'key',
        'lease',
        'members',
        'members_removed',
        'meta',
      ],
    )
  })

  it('a snapshot is for root, and who gives up in the middle hurts nobody', async () => {
    await using world = await wire.start()
    const { transport } = world
    await transport.unary(KV.put, { key: encodeUtf8('large'), value: new Uint8Array(1_400_000) })
    for (let round = 0; round < 3; round++) {
      const stream = transport.stream(Maintenance.snapshot)
      stream.send({})
      await stream[Symbol.asyncIterator]().next()
      stream.cancel()
    }
    await transport.unary(Auth.userAdd, { name: 'root', password: 'x' })
    await transport.unary(Auth.userGrantRole, { user: 'root', role: 'root' })
    await transport.unary(Auth.authEnable, {})
    await assert.rejects(snapshotOf(transport), { code: 'user-empty' })
  })
})
