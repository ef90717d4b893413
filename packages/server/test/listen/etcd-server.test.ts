// The server as an object: made, asked, closed.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { encodeUtf8, KV, Lease } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { has, put, watchKey } from '../v3/wires.ts'

failOnLeaks()

it('EtcdServer.create has no endpoint', async () => {
  await using server = EtcdServer.create()
  assert.deepEqual(server.endpoints, [])
  assert.throws(() => server.endpoint, TypeError)
})

it('server.close can be called twice, and leaves what was stored', async () => {
  const server = await EtcdServer.listen({ port: 0 })
  await put(server.transport, 'a')
  assert.equal(server.close(), server.close())
  await server.close()
  assert.equal(server.revision, 2)
})

it('server.clock.advance expires leases', async () => {
  await using server = EtcdServer.create({ clock: 'manual' })
  const { transport } = server
  const { ID } = await transport.unary(Lease.leaseGrant, { TTL: 10 })
  await transport.unary(KV.put, { key: encodeUtf8('a'), lease: ID })
  const watch = await watchKey(transport, 'a')
  server.clock.advance(9000)
  assert.equal(await has(transport, 'a'), true)
  server.clock.advance(2000)
  assert.equal((await watch.next()).events[0]?.type, 1)
  assert.equal(await has(transport, 'a'), false)
  assert.equal(server.clock.now(), 11_000)
  watch.cancel()
})

it('server.clock.advance sends progress notifications', async () => {
  await using server = EtcdServer.create({
    clock: 'manual',
    watchProgressMs: 1000,
    random: () => 0,
  })
  const watch = await watchKey(server.transport, 'a')
  watch.send({ createRequest: { key: encodeUtf8('b'), progressNotify: true } })
  await watch.next()
  server.clock.advance(1000)
  const { watchId, events } = await watch.next()
  assert.deepEqual([watchId, events.length], [1, 0])
  watch.cancel()
})

it('server.clock.advance is for manual clocks', async () => {
  await using server = EtcdServer.create()
  assert.throws(() => server.clock.advance(1), TypeError)
  assert.ok(server.clock.now() > 0)
})

it('a clock of the user is taken', async () => {
  await using server = EtcdServer.create({ clock: { now: () => 42, after: () => () => {} } })
  assert.equal(server.clock.now(), 42)
})

it('server.transport is another each time', async () => {
  await using server = EtcdServer.create()
  const { transport } = server
  await transport.close()
  await put(server.transport, 'a')
  await assert.rejects(put(transport, 'a'), { code: 'closed' })
})
