// Each fault, over every wire: what it does, how often, and that it is over when it is undone.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { encodeUtf8, KV, Lease, type Transport, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { askUntil } from '../../../../tests/support/poll.ts'
import { forEachWireAndGateway, has, put, watchKey } from './wires.ts'

const key = encodeUtf8('a')

forEachWireAndGateway((wire) => {
  failOnLeaks()

  it('faults.delay holds answers back until the clock has moved', async () => {
    await using world = await wire.start({ clock: 'manual' })
    const { server, transport } = world
    using fault = server.faults.delay({ delayMs: 100, method: KV.put, times: 1 })
    const late = put(transport, 'a')
    await fault.met
    assert.equal(await has(transport, 'a'), true, 'it was applied at once')
    server.clock.advance(99)
    assert.equal(await Promise.race([late, put(transport, 'b')]), 3, 'the next put overtakes it')
    server.clock.advance(1)
    assert.equal(await late, 2)
    assert.equal(fault.hits, 1)
  })

  it('faults.delay holds the messages of open streams back, in order', async () => {
    await using world = await wire.start({ clock: 'manual' })
    const { server, transport } = world
    const watch = await watchKey(transport, 'a')
    using _fault = server.faults.delay({ delayMs: 100, method: Watch.watch })
    await put(transport, 'a', '1')
    await put(transport, 'a', '2')
    let early = true
    const first = watch.next().then((answer) => {
      assert.equal(early, false)
      return answer
    })
    server.clock.advance(99)
    await put(transport, 'b')
    early = false
    server.clock.advance(1)
    assert.equal((await first).header?.revision, 2)
    assert.equal((await watch.next()).header?.revision, 3)
    watch.cancel()
  })

  it('faults.refuse answers with the error, and nothing is applied', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    using fault = server.faults.refuse({ code: 'no-leader', method: KV.put, times: 2 })
    await assert.rejects(put(transport, 'a'), { code: 'no-leader' })
    assert.equal(await has(transport, 'a'), false)
    await assert.rejects(put(transport, 'a'), { code: 'no-leader' })
    await put(transport, 'a')
    assert.equal(fault.hits, 2)
  })

  it('faults.refuse applied answers with the error though it was applied', async () => {
    await using world = await wire.start()
    using _fault = world.server.faults.refuse({ code: 'timeout', applied: true, times: 1 })
    await assert.rejects(put(world.transport, 'a'), { code: 'timeout' })
    assert.equal(await has(world.transport, 'a'), true)
  })

  it('faults.refuse ends streams as they open', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    {
      using _fault = server.faults.refuse({ code: 'permission-denied', message: '100 % nön' })
      const stream = transport.stream(Watch.watch)
      await assert.rejects(readAll(stream), { code: 'permission-denied', message: '100 % nön' })
    }
    const watch = await watchKey(transport, 'a')
    watch.cancel()
  })

  it('faults.refuse applied ends a stream in the place of its first answer', async () => {
    await using world = await wire.start()
    const { ID } = await world.transport.unary(Lease.leaseGrant, { TTL: 10 })
    using _fault = world.server.faults.refuse({ code: 'unavailable', applied: true, times: 1 })
    const stream = world.transport.stream(Lease.leaseKeepAlive)
    stream.send({ ID })
    await assert.rejects(readAll(stream), { code: 'unavailable' })
  })

  it('faults.dropAnswer applies and cuts the connection', async () => {
    await using world = await wire.start()
    using fault = world.server.faults.dropAnswer({ method: KV.put, times: 1 })
    await assert.rejects(put(world.transport, 'a'), lost)
    assert.equal(fault.hits, 1)
    assert.equal(await hasAtLast(world.transport, 'a'), true)
  })

  it('faults.dropAnswer applies and resets the stream', async () => {
    await using world = await wire.start()
    using _fault = world.server.faults.dropAnswer({ method: KV.put, then: 'reset', times: 1 })
    const code = wire.name === 'the gateway' ? 'connection-lost' : 'internal'
    await assert.rejects(put(world.transport, 'a'), { code })
    assert.equal(await has(world.transport, 'a'), true)
  })

  it('faults.dropAnswer applies and stays silent', async () => {
    await using world = await wire.start()
    using _fault = world.server.faults.dropAnswer({ method: KV.put, then: 'silence', times: 1 })
    // The connection is there: all of the time is the call's.
    assert.equal(await has(world.transport, 'a'), false)
    const call = world.transport.unary(KV.put, { key }, { timeoutMs: 1000 })
    await assert.rejects(call, { code: 'deadline-exceeded' })
    assert.equal(await has(world.transport, 'a'), true)
  })

  it('faults.dropAnswer in silence has an open stream say nothing more, as no connection skips a message', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const watch = await watchKey(transport, 'a')
    using _fault = server.faults.dropAnswer({ method: Watch.watch, then: 'silence', times: 1 })
    const lost = watch.next()
    await put(transport, 'a', '1')
    const other = await watchKey(transport, 'a')
    await put(transport, 'a', '2')
    await put(transport, 'a', '3')
    for (const revision of [3, 4]) assert.equal((await other.next()).header?.revision, revision)
    other.cancel()
    watch.cancel()
    await assert.rejects(lost, /the stream has ended/)
  })

  it('faults.cut breaks what is under way', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const watch = await watchKey(transport, 'a')
    const broken = assert.rejects(watch.drain(), lost)
    using fault = server.faults.cut()
    await broken
    assert.equal(fault.hits, 1)
    assert.equal(await hasAtLast(transport, 'a'), false)
  })

  it('faults.cut with a method breaks the connection of the call, unapplied', async () => {
    await using world = await wire.start()
    using _fault = world.server.faults.cut({ method: KV.put, times: 1 })
    await assert.rejects(put(world.transport, 'a'), lost)
    assert.equal(await hasAtLast(world.transport, 'a'), false)
  })

  it('faults.cut with the method of a stream breaks the connection as one opens', async () => {
    await using world = await wire.start()
    using _fault = world.server.faults.cut({ method: Watch.watch, times: 1 })
    await assert.rejects(readAll(world.transport.stream(Watch.watch)), lost)
  })

  it('faults.reset resets calls and streams, unapplied', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    // HTTP/1.1 can reset nothing but a connection.
    const [calls, streams] =
      wire.name === 'the gateway'
        ? ['connection-lost', 'connection-lost']
        : ['unavailable', 'resource-exhausted']
    using _puts = server.faults.reset({ method: KV.put, times: 1 })
    await assert.rejects(put(transport, 'a'), { code: calls })
    assert.equal(await has(transport, 'a'), false)
    using _watches = server.faults.reset({ method: Watch.watch, code: 'enhance-your-calm' })
    await assert.rejects(readAll(transport.stream(Watch.watch)), { code: streams })
  })

  it('faults.refuseConnections keeps clients out until it is undone', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    server.faults.cut()
    {
      using _fault = server.faults.refuseConnections()
      await assert.rejects(put(world.connect(), 'a'))
    }
    assert.equal(await hasAtLast(transport, 'a'), false)
  })

  it('faults.silence of a method holds its calls back, and serves them when undone', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const fault = server.faults.silence({ method: KV.put })
    const held = put(transport, 'a')
    await fault.met
    assert.equal(await has(transport, 'a'), false)
    fault[Symbol.dispose]()
    assert.equal(await held, 2)
  })

  it('faults.silence does not apply what its client has given up', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const fault = server.faults.silence({ method: KV.put })
    await assert.rejects(transport.unary(KV.put, { key }, { timeoutMs: 50 }))
    // The next call comes over the same connection, after the end of the last.
    await has(transport, 'a')
    fault[Symbol.dispose]()
    assert.equal(await has(transport, 'a'), false)
  })

  it('faults.silence of watches lets a compaction overtake them', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const watch = await watchKey(transport, 'a')
    const fault = server.faults.silence({ method: Watch.watch })
    for (let count = 0; count < 300; count++) await put(transport, 'a', 'x')
    await transport.unary(KV.compact, { revision: server.revision })
    fault[Symbol.dispose]()
    const revisions: number[] = []
    for (;;) {
      const answer = await watch.next()
      if (answer.canceled) {
        assert.equal(answer.compactRevision, server.revision)
        break
      }
      revisions.push(...answer.events.map((event) => event.kv?.modRevision ?? 0))
    }
    assert.deepEqual(
      revisions,
      revisions.map((_, index) => index + 2),
    )
    watch.cancel()
  })

  it('faults.silence holds requests of open streams back', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const { ID } = await transport.unary(Lease.leaseGrant, { TTL: 10 })
    const stream = transport.stream(Lease.leaseKeepAlive)
    const answers = stream[Symbol.asyncIterator]()
    stream.send({ ID })
    await answers.next()
    const fault = server.faults.silence({ method: Lease.leaseKeepAlive })
    stream.send({ ID })
    stream.end()
    let early = true
    const answer = answers.next().then(() => assert.equal(early, false))
    await put(transport, 'a')
    early = false
    fault[Symbol.dispose]()
    await answer
    assert.equal((await answers.next()).done, true)
  })

  it('faults.endStreams ends open streams, well or with an error', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const watch = await watchKey(transport, 'a')
    assert.equal(server.faults.endStreams({ method: Watch.watch }).hits, 1)
    assert.deepEqual(await watch.drain(), [])
    const other = await watchKey(transport, 'a')
    server.faults.endStreams({ code: 'no-leader' })
    await assert.rejects(other.drain(), { code: 'no-leader' })
    const last = await watchKey(transport, 'a')
    await put(transport, 'a')
    assert.equal((await last.next()).events.length, 1)
    last.cancel()
  })

  it('faults.endStreams ends a stream to come after some messages', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    using fault = server.faults.endStreams({ afterMessages: 2, times: 1, code: 'unavailable' })
    const watch = await watchKey(transport, 'a')
    await put(transport, 'a')
    await watch.next()
    await assert.rejects(watch.drain(), { code: 'unavailable' })
    assert.equal(fault.hits, 1)
  })

  it('faults.compactWatches ends watches as compacted', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const watch = await watchKey(transport, 'a')
    await put(transport, 'a')
    await watch.next()
    assert.equal(server.faults.compactWatches(), 2)
    const answer = await watch.next()
    assert.deepEqual(
      [answer.canceled, answer.compactRevision, answer.header?.revision],
      [true, 2, 0],
    )
    await put(transport, 'a')
    watch.send({ createRequest: { key, startRevision: 2 } })
    assert.equal((await watch.next()).created, true)
    assert.equal((await watch.next()).events.length, 2)
    watch.cancel()
  })

  it('faults.clear undoes everything', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    server.faults.refuse({ code: 'no-leader' })
    const silence = server.faults.silence({ method: KV.put })
    server.faults.refuseConnections()
    server.faults.clear()
    await put(transport, 'a')
    assert.equal(silence.hits, 0)
  })

  it('faults of several kinds add up', async () => {
    await using world = await wire.start({ clock: 'manual' })
    const { server, transport } = world
    using delay = server.faults.delay({ delayMs: 10 })
    using _refuse = server.faults.refuse({ code: 'no-leader', times: 1 })
    const refused = assert.rejects(put(transport, 'a'), { code: 'no-leader' })
    await delay.met
    server.clock.advance(10)
    await refused
  })

  it('faults with numbers that cannot be are refused', async () => {
    await using world = await wire.start()
    const { faults } = world.server
    assert.throws(() => faults.delay({ delayMs: -1 }), RangeError)
    assert.throws(() => faults.cut({ times: 0 }), RangeError)
  })

  it('a server closes while faults hold calls back', async () => {
    await using world = await wire.start()
    const { server, transport } = world
    const fault = server.faults.silence()
    const held = assert.rejects(put(transport, 'a'))
    if (wire.name === 'in process') await fault.met
    await server.close()
    await held
    assert.equal(server.revision, 1)
  })
})

/** A connection that breaks: grpc-js knows it only as unavailable. */
function lost(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    /connection-lost|unavailable/.test(String(error.code))
  )
}

/** As `has`, though the connection may have to be made anew first. */
async function hasAtLast(transport: Transport, name: string): Promise<boolean> {
  const ask = (): Promise<boolean | undefined> =>
    has(transport, name).catch((error: unknown) => {
      if (!lost(error)) throw error
      return undefined
    })
  const isAnswered = (answer: boolean | undefined): boolean => answer !== undefined
  const options = { what: 'a connection', deadlineMs: 60_000, intervalMs: 1 }
  return (await askUntil(ask, isAnswered, options)) === true
}

async function readAll(stream: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of stream) assert.fail('a message')
}
