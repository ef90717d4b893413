// What is bounded: waits whose client is slow or gone, and what the server holds for them. And the other ways in.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { connect } from 'node:net'
import { it } from 'node:test'
import { EtcdServer } from '@etcdkit/server'
import { certificates } from '../../../../tests/support/certificates.ts'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { pollUntil } from '../../../../tests/support/poll.ts'
import { openV2World, type V2World } from './world.ts'

failOnLeaks()

async function openWorld(): Promise<World> {
  const world = await openV2World()
  const { client } = world
  return {
    ...world,
    put: (key, value) =>
      client.send({ method: 'PUT', path: `/v2/keys/${key}`, body: `value=${value}` }),
    async watchers() {
      const { body } = await client.send({ path: '/v2/stats/store' })
      return JSON.parse(body).watchers
    },
  }
}

interface World extends V2World {
  put(key: string, value: string): Promise<unknown>
  watchers(): Promise<number>
}

function until(world: World, watchers: number): Promise<void> {
  const check = async (): Promise<boolean> => (await world.watchers()) === watchers
  return pollUntil(check, { what: `${watchers} watches`, deadlineMs: 60_000 })
}

it('many waits are told of one write', async () => {
  await using world = await openWorld()
  const waits = await Promise.all(
    Array.from({ length: 500 }, () => world.client.open({ path: '/v2/keys/a?wait=true' })),
  )
  assert.equal(await world.watchers(), 500)
  await world.put('a', '1')
  for (const wait of waits) await wait.until(() => false)
  const told = new Set(waits.map(({ lines }) => lines.join()))
  assert.equal(told.size, 1)
  assert.match([...told].join(), /"value":"1"/)
  assert.equal(await world.watchers(), 0)
})

it('a wait ends when its client is gone', async () => {
  await using world = await openWorld()
  const waits = await Promise.all(
    ['', '&stream=true', '&recursive=true'].map((more) =>
      world.client.open({ path: `/v2/keys/a?wait=true${more}` }),
    ),
  )
  assert.equal(await world.watchers(), 3)
  for (const wait of waits) wait.close()
  await until(world, 0)
})

it('a stream whose reader is too slow ends, and what it was told is without a gap', async () => {
  await using world = await openWorld()
  const { hostname, port } = new URL(world.server.endpoint)
  const socket = connect(Number(port), hostname)
  socket.write('GET /v2/keys/a?wait=true&stream=true HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'readable')
  assert.equal(await world.watchers(), 1)
  const value = 'x'.repeat(100_000)
  // More than the system and the watch together hold.
  const writes = async (): Promise<boolean> => {
    for (let count = 0; count < 50; count++) await world.put('a', value)
    return (await world.watchers()) === 0
  }
  await pollUntil(writes, { what: 'the end of the stream', deadlineMs: 60_000, intervalMs: 1 })
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('end', () => socket.end())
  const ended = once(socket, 'close')
  // A chunk of no bytes ends the answer; the connection could go on.
  await pollUntil(() => text.endsWith('\r\n0\r\n\r\n'), { what: 'the answer', deadlineMs: 60_000 })
  socket.destroy()
  await ended
  const indices = [...text.matchAll(/"action":"set","node":\{[^}]*"modifiedIndex":(\d+)/g)].map(
    ([, index]) => Number(index),
  )
  const [first = 0] = indices
  assert.ok(indices.length > 100)
  assert.deepEqual(
    indices,
    indices.map((_, place) => first + place),
  )
})

it('close ends waits without a word', async () => {
  const world = await openWorld()
  const wait = await world.client.open({ path: '/v2/keys/a?wait=true' })
  const stream = await world.client.open({ path: '/v2/keys/a?wait=true&stream=true' })
  await world[Symbol.asyncDispose]()
  await wait.until(() => false)
  await stream.until(() => false)
  assert.deepEqual([wait.lines, stream.lines], [[], []])
})

it('a body that does not come ends with its connection', async () => {
  await using world = await openWorld()
  const { hostname, port } = new URL(world.server.endpoint)
  const socket = connect(Number(port), hostname)
  const type = 'content-type: application/x-www-form-urlencoded'
  socket.write(`PUT /v2/keys/a HTTP/1.1\r\nhost: x\r\n${type}\r\ncontent-length: 100\r\n\r\nvalue=`)
  await new Promise(setImmediate)
  socket.destroy()
  await once(socket, 'close')
  const { status } = await world.client.send({ path: '/v2/keys/a' })
  assert.equal(status, 404)
})

it('a query may be long', async () => {
  await using world = await openWorld()
  const value = 'x'.repeat(500_000)
  const { status } = await world.client.send({ method: 'PUT', path: `/v2/keys/a?value=${value}` })
  assert.equal(status, 201)
})

it('values that are no text come back as etcd tells them, and are compared as they are', async () => {
  await using world = await openWorld()
  await world.put('a', '%ff%fe')
  const { body } = await world.client.send({ path: '/v2/keys/a' })
  assert.ok(body.includes('"value":"\\ufffd\\ufffd"'), body)
  const swap = (previous: string) =>
    world.client.send({ method: 'PUT', path: `/v2/keys/a?prevValue=${previous}`, body: 'value=1' })
  assert.equal((await swap('%ff%fd')).status, 412)
  assert.equal((await swap('%ff%fe')).status, 200)
})

it('a target that nobody can read is refused over HTTP/2, and other calls of the connection go on', async () => {
  await using world = await openWorld()
  const session = connectHttp2(world.server.endpoint)
  const wait = session.request({ ':path': '/v2/keys/a?wait=true' }).setEncoding('utf8')
  await once(wait, 'response')
  const refused = session.request({ ':path': '/v2/keys/%zz' }).setEncoding('utf8')
  const [head]: IncomingHttpHeaders[] = await once(refused, 'response')
  assert.deepEqual([head?.[':status'], await refused.toArray()], [400, ['400 Bad Request']])
  await world.put('a', '1')
  assert.match((await wait.toArray()).join(''), /"value":"1"/)
  session.close()
  await once(session, 'close')
})

it('HTTP/2 over TLS is a way in, to waits too', async () => {
  const { authority, server: pair } = await certificates()
  await using server = await EtcdServer.listen({ port: 0, v2: true, tls: pair })
  const session = connectHttp2(server.endpoint, { ca: authority.cert })
  const open = (headers: object, body?: string) => {
    const stream = session.request({ ...headers })
    stream.setEncoding('utf8').end(body)
    return stream
  }
  const wait = open({ ':path': '/v2/keys/a?wait=true' })
  const [head]: IncomingHttpHeaders[] = await once(wait, 'response')
  assert.equal(head?.[':status'], 200)
  assert.equal(head?.['x-etcd-index'], '3')
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const put = open({ ':path': '/v2/keys/a', ':method': 'PUT', ...type }, 'value=%C3%A9')
  const written = await put.toArray()
  assert.deepEqual(await wait.toArray(), written)
  assert.match(written.join(''), /"value":"é"/)
  session.close()
  await once(session, 'close')
})
