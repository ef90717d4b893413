// What holds in the same process alone.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { encodeUtf8, KV, Lease, Watch } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { put, watchKey } from '../wires.ts'

failOnLeaks()

const key = encodeUtf8('a')

it('neither side holds the bytes of the other', async () => {
  await using server = EtcdServer.create()
  const { transport } = server
  const value = encodeUtf8('one')
  await transport.unary(KV.put, { key, value })
  value.fill(0)
  const first = await transport.unary(KV.range, { key })
  first.kvs[0]?.value.fill(0)
  const second = await transport.unary(KV.range, { key })
  assert.deepEqual(second.kvs[0]?.value, encodeUtf8('one'))
})

it('messages are checked as on a wire', async () => {
  await using server = EtcdServer.create()
  // Not what the type asks for.
  const wrong = { key: 'text' } as unknown as { key: Uint8Array }
  await assert.rejects(server.transport.unary(KV.put, wrong), TypeError)
  const stream = server.transport.stream(Lease.leaseKeepAlive)
  assert.throws(() => stream.send({ ID: 'x' }), TypeError)
  stream.cancel()
})

it('a loop of calls does not keep timers from firing', async () => {
  await using server = EtcdServer.create()
  const { transport } = server
  let fired = false
  setTimeout(() => {
    fired = true
  }, 5)
  while (!fired) await transport.unary(KV.range, { key })
})

it('a loop of messages on a stream does not keep timers from firing', async () => {
  await using server = EtcdServer.create()
  const stream = server.transport.stream(Lease.leaseKeepAlive)
  let fired = false
  setTimeout(() => {
    fired = true
  }, 5)
  stream.send({ ID: '1' })
  for await (const _ of stream) {
    if (fired) break
    stream.send({ ID: '1' })
  }
})

it('a failed write tells what is known of it', async () => {
  await using server = EtcdServer.create()
  const { transport } = server
  await assert.rejects(put(transport, ''), { outcome: 'not-applied' })
  await assert.rejects(transport.unary(KV.range, {}), { outcome: undefined })
  using _fault = server.faults.dropAnswer({ times: 1 })
  await assert.rejects(put(transport, 'a'), { code: 'connection-lost', outcome: 'unknown' })
  using _reset = server.faults.reset({ times: 1 })
  await assert.rejects(put(transport, 'a'), { code: 'unavailable', outcome: 'not-applied' })
  using _out = server.faults.refuseConnections()
  await assert.rejects(put(transport, 'a'), { code: 'connection-failed', outcome: 'not-applied' })
})

it('transport.close ends its own calls and no others', async () => {
  await using server = EtcdServer.create()
  const mine = server.transport
  const other = server.transport
  const fault = server.faults.silence({ method: KV.put })
  const held = put(mine, 'a')
  const stream = mine.stream(Watch.watch)
  await mine.close()
  await assert.rejects(held, { code: 'closed', outcome: 'unknown' })
  await assert.rejects(stream[Symbol.asyncIterator]().next(), { code: 'closed' })
  await assert.rejects(put(mine, 'a'), { code: 'closed', outcome: 'not-applied' })
  fault[Symbol.dispose]()
  assert.equal(await put(other, 'b'), 2)
  await mine.close()
})

it('a transport of a server that is closed cannot connect', async () => {
  const server = EtcdServer.create()
  const { transport } = server
  await server.close()
  await assert.rejects(put(transport, 'a'), { code: 'connection-failed' })
  const stream = transport.stream(Watch.watch)
  await assert.rejects(stream[Symbol.asyncIterator]().next(), { code: 'connection-failed' })
})

it('a signal that is already aborted keeps a call from being made', async () => {
  await using server = EtcdServer.create()
  const signal = AbortSignal.abort(new Error('before'))
  await assert.rejects(server.transport.unary(KV.put, { key }, { signal }), { message: 'before' })
  const stream = server.transport.stream(Watch.watch, { signal })
  await assert.rejects(stream[Symbol.asyncIterator]().next(), { message: 'before' })
  assert.equal(server.revision, 1)
})

it('a signal that aborts as the answer comes ends the call with its reason', async () => {
  await using server = EtcdServer.create()
  const abort = new AbortController()
  const call = server.transport.unary(KV.put, { key }, { signal: abort.signal })
  abort.abort(new Error('late'))
  await assert.rejects(call, { message: 'late' })
})

it('a stream with a limit of time ends when it is up', async () => {
  await using server = EtcdServer.create()
  const stream = server.transport.stream(Watch.watch, { timeoutMs: 10 })
  const answers = stream[Symbol.asyncIterator]()
  await assert.rejects(answers.next(), { code: 'deadline-exceeded' })
  assert.equal((await answers.next()).done, true)
})

it('a reader that does not read bounds what waits for it', async () => {
  await using server = EtcdServer.create()
  const { transport } = server
  const watch = await watchKey(transport, 'a')
  for (let count = 0; count < 1000; count++) await put(transport, 'a')
  let expected = 2
  while (expected < 1002) {
    for (const event of (await watch.next()).events) assert.equal(event.kv?.modRevision, expected++)
  }
  watch.cancel()
})

it('a stream is iterated once, one message at a time', async () => {
  await using server = EtcdServer.create()
  const stream = server.transport.stream(Watch.watch)
  const answers = stream[Symbol.asyncIterator]()
  const first = answers.next()
  await assert.rejects(answers.next(), TypeError)
  assert.throws(() => stream[Symbol.asyncIterator](), TypeError)
  stream.cancel(new Error('mine'))
  await assert.rejects(first, { message: 'mine' })
  stream.cancel()
  stream.send({})
  stream.end()
})

it('requests that the server does not take are bounded', async () => {
  await using server = EtcdServer.create()
  using _silence = server.faults.silence({ method: Watch.watch })
  const stream = server.transport.stream(Watch.watch)
  const createRequest = { key: new Uint8Array(1024 * 1024) }
  for (let count = 0; count < 17; count++) stream.send({ createRequest })
  await assert.rejects(stream[Symbol.asyncIterator]().next(), { code: 'resource-exhausted' })
})
