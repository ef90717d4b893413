// What the gateway is beside its answers, which are compared to etcd's elsewhere: connections, limits, ends, options.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Agent, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, constants } from 'node:http2'
import { connect, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { it } from 'node:test'
import { EtcdServer, KV, Maintenance, Watch } from '@etcdkit/server'
import { certificates } from '../../../../tests/support/certificates.ts'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { pollUntil } from '../../../../tests/support/poll.ts'
import { Gateway } from '../../src/gateway/gateway.ts'
import { createCore } from '../../src/listen/core.ts'
import { Cors } from '../../src/listen/cors.ts'
import { Http1Server } from '../../src/listen/http1-server.ts'
import { put } from '../v3/wires.ts'
import { ask, openAnswer, type Question } from './ask.ts'

failOnLeaks()

const key = 'YQ=='
const range: Question = { path: '/v3/kv/range', body: JSON.stringify({ key }) }
const watch: Question = { path: '/v3/watch', body: JSON.stringify({ create_request: { key } }) }

it('a call is answered when its request is complete, and its connection goes on after the rest of the body', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const { hostname, port } = new URL(server.endpoint)
  const socket = connect({ host: hostname, port: Number(port) })
  const answers = createInterface({ input: socket })[Symbol.asyncIterator]()
  const head = 'POST /v3/kv/range HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n'
  socket.write(`${head}e\r\n{"key":"YQ=="}\r\n`)
  assert.equal((await answers.next()).value, 'HTTP/1.1 200 OK')
  socket.write('7\r\nand so \r\n2\r\non\r\n0\r\n\r\nGET /health HTTP/1.1\r\nhost: a\r\n\r\n')
  let line = ''
  // The first answer's body ends without a line break.
  while (!line.includes('HTTP/1.1 ')) line = (await answers.next()).value
  assert.match(line, /\}HTTP\/1\.1 200 OK$/)
  socket.destroy()
})

it('a body that does not come is waited for only so long', async () => {
  await using world = await startHttp1({ bodyTimeoutMs: 20 })
  const { hostname, port } = new URL(world.endpoint)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write('POST /v3/kv/range HTTP/1.1\r\nhost: a\r\ncontent-length: 99\r\n\r\n{"key":')
  const answer = await text(socket)
  assert.match(answer, /^HTTP\/1\.1 504 .*\r\nconnection: close\r\n/is)
  assert.match(answer, /\{"code":4,"message":"the request did not come in time"\}$/)
})

it('a body without end is neither kept nor waited for', async () => {
  await using world = await startHttp1({ maxMessageBytes: 1000 })
  const body = Buffer.from(`{"key":"${'YWFh'.repeat(100_000)}"}`)
  const { status, body: answer } = await ask(world.endpoint, { path: '/v3/kv/range', body })
  assert.equal(status, 429)
  assert.match(
    answer,
    /"code":8,"message":"grpc: received message larger than max \(\d+ vs\. 67536\)"/,
  )
})

it('a watch whose client goes away is forgotten', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const answer = await openAnswer(server.endpoint, watch)
  assert.equal(await watchers(server), 1)
  answer.destroy()
  await pollUntil(async () => (await watchers(server)) === 0, {
    what: 'the watch to end',
    deadlineMs: 60_000,
  })
})

it('a watch whose reader is slow gets every event, once and in order', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const answer = await openAnswer(server.endpoint, watch)
  const value = 'v'.repeat(100_000)
  for (let count = 0; count < 200; count++) await put(server.transport, 'a', value)
  const versions: number[] = []
  for await (const line of createInterface({ input: answer })) {
    for (const { kv } of JSON.parse(line).result.events ?? []) versions.push(Number(kv.version))
    if (versions.length >= 200) break
  }
  assert.deepEqual(
    versions,
    Array.from({ length: 200 }, (_, index) => index + 1),
  )
  answer.destroy()
})

it('server.close ends streams with an error, and calls under way with their connections', async () => {
  const server = await EtcdServer.listen({ port: 0 })
  const lines = linesOf(await openAnswer(server.endpoint, watch))
  await lines.next()
  const silence = server.faults.silence({ method: KV.range })
  const waiting = assert.rejects(ask(server.endpoint, range), { code: 'ECONNRESET' })
  await silence.met
  const ended = lines.next()
  await server.close()
  assert.equal((await ended).value, '{"error":{"code":14,"message":"etcdserver: server stopped"}}')
  assert.equal((await lines.next()).done, true)
  await waiting
})

it('faults.goAway has connections end after their answers', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const silence = server.faults.silence({ method: KV.range })
  const busy = ask(server.endpoint, { ...range, agent })
  await silence.met
  server.faults.goAway()
  silence[Symbol.dispose]()
  assert.equal((await busy).headers.connection, 'close')
  assert.equal((await ask(server.endpoint, { ...range, agent })).headers.connection, 'keep-alive')
  const [idle] = Object.values(agent.freeSockets).flat()
  assert.ok(idle)
  const closed = once(idle, 'close')
  server.faults.goAway()
  await closed
  agent.destroy()
})

it('Grpc-Timeout limits a call and a stream', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const headers = { 'grpc-timeout': '50m' }
  using _silence = server.faults.silence({ method: KV.range })
  const { status, body } = await ask(server.endpoint, { ...range, headers })
  assert.deepEqual([status, body], [504, '{"code":4,"message":"context deadline exceeded"}'])
  const stream = await ask(server.endpoint, { ...watch, headers })
  assert.match(stream.body, /^\{"error":\{"code":4,"message":"context deadline exceeded"\}\}\n$/m)
})

it('errors look as in etcd 3.4 with gatewayErrors v1', async () => {
  await using server = await EtcdServer.listen({ port: 0, gatewayErrors: 'v1' })
  const { status, body } = await ask(server.endpoint, { ...range, body: '{}' })
  const message = 'etcdserver: key is not provided'
  assert.deepEqual([status, JSON.parse(body)], [400, { error: message, message, code: 3 }])
  server.faults.refuse({ code: 'no-leader', method: Watch.watch })
  const refused = await ask(server.endpoint, watch)
  assert.deepEqual(JSON.parse(refused.body), {
    error: {
      grpc_code: 14,
      http_code: 503,
      message: 'etcdserver: no leader',
      http_status: 'Service Unavailable',
    },
  })
  assert.equal(refused.status, 503)
})

it('without the gateway there is nothing below /v3', async () => {
  await using server = await EtcdServer.listen({ port: 0, gateway: false })
  for (const path of ['/v3', '/v3/kv/range', '/v3beta/kv/range']) {
    const { status, body } = await ask(server.endpoint, { ...range, path })
    assert.deepEqual([status, body], [404, '404 page not found\n'])
  }
})

it('cors names the origins that may call', async () => {
  const cors = ['http://a.test:80', 'https://b.test:8443']
  await using server = await EtcdServer.listen({ port: 0, cors })
  const allowed = async (origin: string | undefined, question: Question) => {
    const headers = origin === undefined ? {} : { origin }
    const answer = await ask(server.endpoint, { ...question, headers })
    assert.equal(answer.status, 200)
    return answer.headers['access-control-allow-origin']
  }
  for (const question of [
    range,
    { ...range, method: 'OPTIONS' },
    { method: 'GET', path: '/health' },
  ]) {
    assert.equal(await allowed('http://a.test', question), 'http://a.test')
    assert.equal(await allowed('https://b.test:8443', question), 'https://b.test:8443')
    assert.equal(await allowed('https://b.test', question), undefined)
    assert.equal(await allowed(undefined, question), undefined)
  }
  await assert.rejects(EtcdServer.listen({ port: 0, cors: ['a.test'] }), TypeError)
})

it('over HTTP/2 the gateway answers calls, streams, and errors', async () => {
  const { authority, server: pair } = await certificates()
  await using server = await EtcdServer.listen({ port: 0, tls: pair })
  const session = connectHttp2(server.endpoint, { ca: authority.cert })
  const post = (path: string, body: string, method = 'POST') => {
    const stream = session.request({ ':method': method, ':path': path })
    if (method === 'POST') stream.end(body)
    return stream
  }
  const call = post('/v3/kv/put', '{"key":"YQ==","value":"MQ=="}')
  const [headers] = await once(call, 'response')
  assert.deepEqual([headers[':status'], headers['access-control-allow-origin']], [200, '*'])
  assert.equal(JSON.parse(await text(call)).header.revision, '2')
  const head = post('/v3/kv/put', '', 'HEAD')
  assert.equal((await once(head, 'response'))[0][':status'], 501)
  assert.equal(await text(head), '')
  const lines = linesOf(post('/v3/watch', '{"create_request":{"key":"YQ==","start_revision":1}}'))
  assert.equal(JSON.parse((await lines.next()).value).result.created, true)
  assert.equal(JSON.parse((await lines.next()).value).result.events[0].kv.value, 'MQ==')
  server.faults.endStreams({ code: 'no-leader' })
  assert.match(
    (await lines.next()).value,
    /^\{"error":\{"code":14,"message":"etcdserver: no leader"\}\}$/,
  )
  server.faults.reset({ method: Maintenance.status, code: 'refused-stream', times: 1 })
  const reset = post('/v3/maintenance/status', '{}').resume()
  await assert.rejects(once(reset, 'end'))
  assert.equal(reset.rstCode, constants.NGHTTP2_REFUSED_STREAM)
  server.faults.cut({ method: Maintenance.status, times: 1 })
  const cut = once(session, 'close')
  post('/v3/maintenance/status', '{}').on('error', () => {})
  await cut
})

/** The part of a server that speaks HTTP/1.1, with limits of its own. */
async function startHttp1(options: { maxMessageBytes?: number; bodyTimeoutMs?: number }) {
  const { services, dispatcher, watches, maxMessageBytes } = createCore({})
  const http = new Http1Server({
    plain: { core: services, dispatcher, watches },
    gateway: new Gateway({ dispatcher, maxMessageBytes, ...options }),
    v2: undefined,
    cors: new Cors([]),
  })
  const server = createServer((socket) => http.serve(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      http.leaveAll()
      await new Promise((resolve) => server.close(resolve))
      services.store.close()
    },
  }
}

function linesOf(answer: IncomingMessage | NodeJS.ReadableStream): AsyncIterator<string> {
  return createInterface({ input: answer })[Symbol.asyncIterator]()
}

async function watchers(server: EtcdServer): Promise<number> {
  const { body } = await ask(server.endpoint, { method: 'GET', path: '/metrics' })
  return Number(/^etcd_debugging_mvcc_watcher_total (\d+)$/m.exec(body)?.[1])
}
