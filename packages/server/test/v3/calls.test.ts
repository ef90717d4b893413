// What every call does, over every wire: answers, errors, limits, streams and their ends.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  Auth,
  Cluster,
  encodeUtf8,
  KV,
  Lease,
  Maintenance,
  SortOrder,
  Watch,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { forEachWire, has, put, watchKey } from './wires.ts'

const key = encodeUtf8('a')

forEachWire((wire) => {
  failOnLeaks()

  it('KV answers', async () => {
    await using world = await wire.start()
    const { transport } = world
    assert.equal(await put(transport, 'a', '1'), 2)
    assert.equal(await put(transport, 'b'), 3)
    const { kvs, count } = await transport.unary(KV.range, { key, rangeEnd: encodeUtf8('z') })
    assert.deepEqual([kvs[0]?.value, count], [encodeUtf8('1'), 2])
    const txn = await transport.unary(KV.txn, { success: [{ requestDeleteRange: { key } }] })
    assert.equal(txn.responses[0]?.responseDeleteRange?.deleted, 1)
    assert.equal((await transport.unary(KV.deleteRange, { key })).deleted, 0)
    await transport.unary(KV.compact, { revision: 4 })
    assert.equal(world.server.revision, 4)
  })

  it('errors of the store are the codes of etcd', async () => {
    await using world = await wire.start()
    const { transport } = world
    await assert.rejects(transport.unary(KV.put, {}), { code: 'empty-key' })
    await assert.rejects(transport.unary(KV.range, { key, revision: 9 }), {
      code: 'future-revision',
    })
    await assert.rejects(transport.unary(KV.put, { key, lease: '7' }), { code: 'lease-not-found' })
    await assert.rejects(transport.unary(Lease.leaseRevoke, { ID: '7' }), {
      code: 'lease-not-found',
    })
  })

  it('a request larger than 1.5 MiB is too large, and so is a message of 2', async () => {
    await using world = await wire.start()
    const { transport } = world
    const value = new Uint8Array(1_572_837)
    await transport.unary(KV.put, { key, value })
    await assert.rejects(transport.unary(KV.put, { key, value: new Uint8Array(1_572_864) }), {
      code: 'request-too-large',
      message: /request is too large/,
    })
    await assert.rejects(transport.unary(KV.put, { key, value: new Uint8Array(2_097_152) }), {
      code: 'request-too-large',
      message: /larger than max \(\d+ vs\. 2097152\)/,
    })
    await assert.rejects(transport.unary(KV.put, { value: new Uint8Array(1_600_000) }), {
      code: 'empty-key',
    })
  })

  it('a transaction that only reads may be as large as a message', async () => {
    await using world = await wire.start()
    const large = { requestRange: { key: new Uint8Array(1_600_000).fill(1) } }
    await world.transport.unary(KV.txn, { success: [large] })
    await assert.rejects(
      world.transport.unary(KV.txn, { success: [large, { requestDeleteRange: { key } }] }),
      { code: 'request-too-large' },
    )
  })

  it('a delete that is too large is refused, and so is one without a key', async () => {
    await using world = await wire.start()
    const large = new Uint8Array(1_600_000)
    await assert.rejects(world.transport.unary(KV.deleteRange, { key: large }), {
      code: 'request-too-large',
    })
    await assert.rejects(world.transport.unary(KV.deleteRange, { rangeEnd: large }), {
      code: 'empty-key',
    })
  })

  it('maxTxnOps and maxRequestBytes hold', async () => {
    await using world = await wire.start({ maxTxnOps: 2, maxRequestBytes: 1000 })
    const { transport } = world
    const range = { requestRange: { key } }
    await transport.unary(KV.txn, { success: [range, range] })
    await assert.rejects(transport.unary(KV.txn, { success: [range, range, range] }), {
      code: 'too-many-ops',
    })
    await assert.rejects(transport.unary(KV.put, { key, value: new Uint8Array(1000) }), {
      code: 'request-too-large',
    })
  })

  it('a client starts up: members, status, alarms, no users', async () => {
    await using world = await wire.start({ name: 'm0' })
    const { server, transport } = world
    const { members, header } = await transport.unary(Cluster.memberList, {})
    assert.equal(header?.revision, 0)
    assert.deepEqual(members[0]?.name, 'm0')
    const clientURLs = server.endpoints.length > 0 ? server.endpoints : ['http://localhost:2379']
    assert.deepEqual(members[0]?.clientURLs, clientURLs)
    const status = await transport.unary(Maintenance.status, {})
    assert.deepEqual([status.version, status.storageVersion], [server.version, '3.6.0'])
    assert.equal(status.leader, members[0]?.ID)
    assert.deepEqual(status.errors, [])
    const { alarms } = await transport.unary(Maintenance.alarm, { action: 1, alarm: 1 })
    assert.equal(alarms.length, 1)
    assert.deepEqual((await transport.unary(Maintenance.status, {})).errors, ['alarm:NOSPACE '])
    await assert.rejects(transport.unary(KV.put, { key }), { code: 'no-space' })
    await transport.unary(Maintenance.defragment, {})
    assert.equal((await transport.unary(Maintenance.hashKV, {})).hash, 1084519789)
    await transport.unary(Maintenance.hash, {})
    await assert.rejects(transport.unary(Auth.authenticate, {}), { code: 'auth-not-enabled' })
    const auth = await transport.unary(Auth.authStatus, {})
    assert.deepEqual([auth.enabled, auth.authRevision], [false, 1])
  })

  it('raftIndex counts writes', async () => {
    await using world = await wire.start()
    const index = async (): Promise<number> =>
      (await world.transport.unary(Maintenance.status, {})).raftIndex
    const before = await index()
    await put(world.transport, 'a')
    await has(world.transport, 'a')
    assert.equal((await index()) - before, 1)
  })

  it('what there is not says so by name', async () => {
    await using world = await wire.start()
    const unknown = { ...KV.put, name: 'Nope', path: '/etcdserverpb.KV/Nope' }
    await assert.rejects(world.transport.unary(unknown, {}), {
      code: 'unimplemented',
      message: 'unknown method Nope for service etcdserverpb.KV',
    })
    const stream = world.transport.stream({ ...Watch.watch, path: '/a.B/Nope' })
    await assert.rejects(collect(stream), {
      code: 'unimplemented',
      message: 'unknown service a.B',
    })
  })

  it('a watch goes on after its client has said that it sends no more', async () => {
    await using world = await wire.start()
    const watch = await watchKey(world.transport, 'a')
    watch.end()
    await put(world.transport, 'a', '1')
    assert.equal((await watch.next()).events.length, 1)
    watch.cancel()
  })

  it('keep-alive answers each request in order and ends well with its client', async () => {
    await using world = await wire.start({ clock: 'manual' })
    const { transport } = world
    const { ID } = await transport.unary(Lease.leaseGrant, { TTL: 10 })
    const stream = transport.stream(Lease.leaseKeepAlive)
    for (const id of [ID, '99', ID]) stream.send({ ID: id })
    stream.end()
    const answers = await collect(stream)
    assert.deepEqual(
      answers.map((answer) => [answer.ID, answer.TTL]),
      [
        [ID, 10],
        ['99', 0],
        [ID, 10],
      ],
    )
  })

  it('keep-alive ends well though nothing was sent', async () => {
    await using world = await wire.start()
    const stream = world.transport.stream(Lease.leaseKeepAlive)
    stream.end()
    assert.deepEqual(await collect(stream), [])
  })

  it('RangeStream gives a range in pieces of one revision', async () => {
    await using world = await wire.start()
    const { transport } = world
    for (let index = 0; index < 45; index++) {
      await put(transport, `k${String(index).padStart(2, '0')}`, 'value')
    }
    const request = { key: encodeUtf8('k'), rangeEnd: encodeUtf8('l') }
    const whole = await transport.unary(KV.range, request)
    const pieces = await collect(start(transport.stream(KV.rangeStream), request))
    const last = pieces.at(-1)?.rangeResponse
    assert.deepEqual(
      pieces.map((piece) => piece.rangeResponse?.kvs.length),
      [10, 20, 15],
    )
    assert.equal(pieces[0]?.rangeResponse?.header, undefined)
    assert.deepEqual({ ...last, kvs: pieces.flatMap((piece) => piece.rangeResponse?.kvs) }, whole)
    const limited = await collect(
      start(transport.stream(KV.rangeStream), { ...request, limit: 15 }),
    )
    assert.deepEqual(
      limited.map(({ rangeResponse }) => [
        rangeResponse?.kvs.length,
        rangeResponse?.more,
        rangeResponse?.count,
      ]),
      [
        [10, false, 0],
        [5, true, 45],
      ],
    )
  })

  it('RangeStream waits for a slow reader, and fits its pieces to their size', async () => {
    await using world = await wire.start()
    const { transport } = world
    const value = new Uint8Array(400_000)
    for (let index = 0; index < 30; index++) {
      await transport.unary(KV.put, { key: encodeUtf8(`k${index}`), value })
    }
    const stream = start(transport.stream(KV.rangeStream), {
      key: encodeUtf8('k'),
      rangeEnd: encodeUtf8('l'),
    })
    const lengths: number[] = []
    for await (const { rangeResponse } of stream) {
      lengths.push(rangeResponse?.kvs.length ?? 0)
      // Other things go on while it waits.
      await put(transport, 'k1', 'later')
    }
    assert.deepEqual(lengths, [10, 5, 5, 5, 5])
  })

  it('RangeStream ends when a compaction overtakes it', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const value = new Uint8Array(100_000)
    for (let index = 0; index < 300; index++) {
      await transport.unary(KV.put, { key: encodeUtf8(`k${index}`), value })
    }
    const request = { key: encodeUtf8('k'), rangeEnd: encodeUtf8('l') }
    const stream = start(transport.stream(KV.rangeStream), request)
    const pieces = stream[Symbol.asyncIterator]()
    await pieces.next()
    await put(transport, 'a')
    await transport.unary(KV.compact, { revision: server.revision })
    await assert.rejects(
      async () => {
        for (;;) if ((await pieces.next()).done) return
      },
      { code: 'compacted' },
    )
  })

  it('RangeStream of one key, or of a count, comes in one piece', async () => {
    await using world = await wire.start()
    const { transport } = world
    for (let index = 0; index < 20; index++) await put(transport, `k${index}`)
    const one = await collect(start(transport.stream(KV.rangeStream), { key: encodeUtf8('k1') }))
    assert.deepEqual(
      one.map(({ rangeResponse }) => rangeResponse?.kvs.length),
      [1],
    )
    const all = { key: encodeUtf8('k'), rangeEnd: encodeUtf8('l'), countOnly: true }
    const count = await collect(start(transport.stream(KV.rangeStream), all))
    assert.deepEqual(
      count.map(({ rangeResponse }) => rangeResponse?.count),
      [20],
    )
  })

  it('RangeStream refuses what cannot come in pieces', async () => {
    await using world = await wire.start()
    const stream = (request: object) => start(world.transport.stream(KV.rangeStream), request)
    await assert.rejects(collect(stream({})), { code: 'empty-key' })
    await assert.rejects(collect(stream({ key, sortOrder: SortOrder.DESCEND })), {
      code: 'unimplemented',
      message: 'RangeStream does not support custom sort orders',
    })
    await assert.rejects(collect(stream({ key, minModRevision: 2 })), {
      code: 'unimplemented',
      message: 'RangeStream does not support revision filters',
    })
    await assert.rejects(collect(stream({ key, revision: 9 })), { code: 'future-revision' })
  })

  it('a canceled watch is forgotten by the server', async () => {
    await using world = await wire.start()
    const watch = await watchKey(world.transport, 'a')
    watch.cancel()
    assert.deepEqual(await watch.drain(), [])
    await put(world.transport, 'a')
  })

  it('server.close ends open streams as a server that stops', async () => {
    await using world = await wire.start()
    const watch = await watchKey(world.transport, 'a')
    const ended = assert.rejects(watch.drain(), { code: 'server-stopped' })
    await world.server.close()
    await ended
    await assert.rejects(put(world.transport, 'a'))
  })

  it('an aborted signal ends a call with its reason', async () => {
    await using world = await wire.start()
    using _silence = world.server.faults.silence({ method: KV.put })
    const abort = new AbortController()
    const call = world.transport.unary(KV.put, { key }, { signal: abort.signal })
    abort.abort(new Error('enough'))
    await assert.rejects(call, { message: 'enough' })
  })

  it('a call that is not answered in time is over', async () => {
    await using world = await wire.start()
    using _silence = world.server.faults.silence({ method: KV.put })
    const call = world.transport.unary(KV.put, { key }, { timeoutMs: 20 })
    await assert.rejects(call, { code: 'deadline-exceeded' })
  })
})

async function collect<O>(stream: AsyncIterable<O>): Promise<O[]> {
  const messages: O[] = []
  for await (const message of stream) messages.push(message)
  return messages
}

function start<S extends { send(message: object): void; end(): void }>(
  stream: S,
  request: object,
): S {
  stream.send(request)
  stream.end()
  return stream
}
