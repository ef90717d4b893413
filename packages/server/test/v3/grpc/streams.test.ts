// Streams over gRPC as a raw client sees them: slow readers, many at once, and how they end.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { it } from 'node:test'
import { encodeUtf8, KV, PutRequest, Watch, WatchRequest } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { pollUntil } from '../../../../../tests/support/poll.ts'
import { answersOf, connectRaw, framed, type RawConnection } from '../raw-grpc.ts'

failOnLeaks()

const key = encodeUtf8('a')
const watchA = framed(WatchRequest.encode({ createRequest: { key } }))

it('a slow reader stops nobody else, and loses nothing', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using slow = await connectRaw(server.endpoint)
  await using writer = await connectRaw(server.endpoint)
  const stream = slow.open(Watch.watch)
  stream.write(watchA)
  const answers = answersOf(Watch.watch, stream)
  await answers.next()
  const count = 600
  for (let index = 0; index < count; index++) await put(writer, new Uint8Array(10_000))
  let expected = 2
  while (expected < count + 2) {
    const { value } = await answers.next()
    for (const event of value?.events ?? []) assert.equal(event.kv?.modRevision, expected++)
  }
  stream.close()
})

it('many streams of one connection each hear of a change', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const streams = Array.from({ length: 300 }, () => connection.open(Watch.watch))
  const readers = streams.map((stream) => {
    stream.write(watchA)
    return answersOf(Watch.watch, stream)
  })
  await Promise.all(readers.map((reader) => reader.next()))
  await put(connection, new Uint8Array(1))
  const heard = await Promise.all(readers.map((reader) => reader.next()))
  assert.ok(heard.every(({ value }) => value?.events.length === 1))
  for (const stream of streams) stream.close(8)
})

it('many watchers of one stream each hear of a change', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const stream = connection.open(Watch.watch)
  const watchers = 1000
  stream.write(Buffer.concat(Array.from({ length: watchers }, () => watchA)))
  const answers = answersOf(Watch.watch, stream)
  for (let index = 0; index < watchers; index++) await answers.next()
  await put(connection, new Uint8Array(1))
  const ids = new Set<number | undefined>()
  while (ids.size < watchers) ids.add((await answers.next()).value?.watchId)
  stream.close(8)
})

it('a stream that its client resets is gone for the server', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const stream = connection.open(Watch.watch)
  stream.write(watchA)
  await answersOf(Watch.watch, stream).next()
  assert.equal(await metric(server, 'etcd_debugging_mvcc_watcher_total'), 1)
  stream.on('error', () => {})
  stream.close(8)
  await pollUntil(async () => (await metric(server, 'etcd_debugging_mvcc_watcher_total')) === 0, {
    what: 'the watcher to be gone',
    deadlineMs: 20_000,
  })
})

it('headers come with the first message, and the status in trailers', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const stream = connection.open(Watch.watch)
  let responded = false
  stream.on('response', (headers) => {
    responded = true
    assert.deepEqual(Object.fromEntries(Object.entries(headers)), {
      ':status': 200,
      'content-type': 'application/grpc',
    })
  })
  await put(connection, new Uint8Array(1))
  assert.equal(responded, false)
  stream.write(watchA)
  await answersOf(Watch.watch, stream).next()
  assert.equal(responded, true)
  const trailers = once(stream, 'trailers')
  server.faults.endStreams({ code: 'no-leader' })
  const [received] = await trailers
  assert.deepEqual(Object.fromEntries(Object.entries(received)), {
    'grpc-status': '14',
    'grpc-message': 'etcdserver: no leader',
  })
  stream.close()
})

it('a call whose time is up ends, and one that had none never begins', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const call = (path: string, timeout: string, body: Buffer) =>
    connection.call({ path, headers: { 'grpc-timeout': timeout }, body: [body], open: true })
  const watched = await call(Watch.watch.path, '2S', watchA)
  assert.deepEqual([watched.messages.length, watched.trailers['grpc-status']], [1, '4'])
  const putA = framed(PutRequest.encode({ key }))
  assert.equal((await call(KV.put.path, '0n', putA)).headers['grpc-status'], '4')
  using _silence = server.faults.silence({ method: KV.put })
  assert.equal((await call(KV.put.path, '20000u', putA)).headers['grpc-status'], '4')
  assert.equal(server.revision, 1)
})

it('faults.goAway lets calls under way go on, and takes no more', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  await using writer = await connectRaw(server.endpoint)
  const stream = connection.open(Watch.watch)
  stream.write(watchA)
  const answers = answersOf(Watch.watch, stream)
  await answers.next()
  await put(writer, new Uint8Array(1))
  await answers.next()
  const goAway = once(connection.session, 'goaway')
  const alsoGone = once(writer.session, 'close')
  server.faults.goAway()
  assert.equal((await goAway)[0], 0)
  await alsoGone
  await using another = await connectRaw(server.endpoint)
  await put(another, new Uint8Array(1))
  assert.equal((await answers.next()).value?.events.length, 1)
  stream.close(8)
})

it('faults.silence of everything does not even answer a ping', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  await put(connection, new Uint8Array(1))
  const fault = server.faults.silence()
  let silent = true
  const pinged = new Promise<void>((resolve) => {
    connection.session.ping(() => {
      assert.equal(silent, false)
      resolve()
    })
  })
  const late = put(connection, new Uint8Array(1))
  // By then the ping would have been answered.
  await using other = await EtcdServer.listen({ port: 0 })
  await using toOther = await connectRaw(other.endpoint)
  for (let count = 0; count < 20; count++) await put(toOther, new Uint8Array(1))
  silent = false
  assert.equal(server.revision, 2)
  fault[Symbol.dispose]()
  await Promise.all([pinged, late])
})

async function put(connection: RawConnection, value: Uint8Array): Promise<void> {
  const body = [framed(PutRequest.encode({ key, value }))]
  const answer = await connection.call({ path: KV.put.path, body })
  assert.equal(answer.trailers['grpc-status'], '0')
}

async function metric(server: EtcdServer, name: string): Promise<number> {
  const text = await (
    await fetch(`${server.endpoint}/metrics`, { headers: { connection: 'close' } })
  ).text()
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1])
}
