// One port: HTTP/2 and HTTP/1.1, in the clear and over TLS, on TCP and on a socket file.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { it } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { encodeUtf8, KV, PutRequest } from '@etcdkit/protocol'
import { EtcdServer, type ServerTlsOptions } from '@etcdkit/server'
import { certificates } from '../../../../tests/support/certificates.ts'
import { requestMember } from '../../../../tests/support/http.ts'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { reservePorts } from '../../../../tests/support/ports.ts'
import { createTempFolder } from '../../../../tests/support/temp-folder.ts'
import { connectRaw, framed } from '../v3/raw-grpc.ts'

failOnLeaks()

const put = {
  path: KV.put.path,
  body: [framed(PutRequest.encode({ key: encodeUtf8('a'), value: encodeUtf8('1') }))],
}

it('one port takes gRPC and HTTP/1.1', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  assert.equal((await connection.call(put)).trailers['grpc-status'], '0')
  const { status, body } = await requestMember(server, '/version')
  assert.equal(status, 200)
  assert.equal(JSON.parse(body).etcdserver, server.version)
})

it('a connection that begins byte by byte is understood', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const socket = await connectSocket(server)
  for (const character of 'GET /health HTTP/1.0\r\n\r\n') {
    socket.write(character)
    await new Promise(setImmediate)
  }
  assert.match(await readAll(socket), /^HTTP\/1\.1 200 OK\r\n/)
  const other = await connectSocket(server)
  other.write('PR')
  await new Promise(setImmediate)
  other.write('I * HTTP/2.0\r\n\r\nSM\r\n\r\n')
  other.write(Buffer.from('000000040000000000', 'hex'))
  const [settings] = await once(other, 'data')
  assert.equal(settings[3], 4, 'a SETTINGS frame')
  other.destroy()
})

it('what is no HTTP ends its own connection only', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  for (const text of [
    '\x00\x01\x02\x03',
    'PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n',
    'PRIVATE / HTTP/1.1\r\n\r\n',
  ]) {
    const socket = await connectSocket(server)
    socket.write(text)
    await readAll(socket)
  }
  const idle = await connectSocket(server)
  idle.end()
  await readAll(idle)
  assert.equal((await requestMember(server, '/health')).status, 200)
})

it('HTTP/2 that is not gRPC is answered as plain HTTP', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const { headers } = await connection.call({
    path: '/version',
    headers: { ':method': 'GET', 'content-type': undefined },
  })
  assert.deepEqual([headers[':status'], headers['content-type']], [200, 'application/json'])
  const wrong = await connection.call({
    path: KV.put.path,
    headers: { 'content-type': 'text/plain' },
  })
  assert.equal(wrong.headers[':status'], 404)
})

it('TLS speaks what ALPN has agreed on', async () => {
  const { authority, server: pair } = await certificates()
  await using server = await EtcdServer.listen({ port: 0, tls: pair })
  assert.match(server.endpoint, /^https:/)
  const tls = { ca: authority.cert, clientCert: '', clientKey: '' }
  assert.equal((await requestMember({ endpoint: server.endpoint, tls }, '/health')).status, 200)
  await using connection = await connectRaw(server.endpoint, { ca: authority.cert })
  assert.equal((await connection.call(put)).trailers['grpc-status'], '0')
})

it('TLS with clientCertAuth takes only clients with a certificate', async () => {
  const { authority, server: pair, client } = await certificates()
  const tls: ServerTlsOptions = { ...pair, ca: authority.cert, clientCertAuth: true }
  await using server = await EtcdServer.listen({ port: 0, tls })
  await using connection = await connectRaw(server.endpoint, { ...client, ca: authority.cert })
  assert.equal((await connection.call(put)).trailers['grpc-status'], '0')
  const { hostname, port } = new URL(server.endpoint)
  const stranger = connectTls({ host: hostname, port: Number(port), ca: authority.cert })
  assert.equal(await readAll(stranger), '')
})

it('faults reach connections over TLS', async () => {
  const { authority, server: pair } = await certificates()
  await using server = await EtcdServer.listen({ port: 0, tls: pair })
  await using connection = await connectRaw(server.endpoint, { ca: authority.cert })
  await connection.call(put)
  const silence = server.faults.silence()
  let silent = true
  const late = connection.call(put).then(() => assert.equal(silent, false))
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  assert.equal(server.revision, 2)
  silent = false
  silence[Symbol.dispose]()
  await late
  const closed = once(connection.session, 'close')
  server.faults.cut()
  await closed
})

it('a connection that comes while the server is silent is served when it is no more', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const silence = server.faults.silence()
  const socket = await connectSocket(server)
  const answer = readAll(socket)
  socket.write('GET /health HTTP/1.0\r\n\r\n')
  // The server has taken the connection by then.
  for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
  silence[Symbol.dispose]()
  assert.match(await answer, /"health":"true"/)
})

it('urls are listened on, each in its way', async () => {
  await using folder = await createTempFolder('port')
  const { authority, server: pair } = await certificates()
  const path = join(folder.path, 'etcd.sock')
  await using server = await EtcdServer.listen({
    urls: ['http://localhost:0', 'https://127.0.0.1:0', `unix://${path}`],
    tls: pair,
  })
  const [plain = '', secure = '', file = ''] = server.endpoints
  assert.match(plain, /^http:\/\/localhost:\d+$/)
  assert.equal(file, `unix://${path}`)
  assert.equal((await requestMember({ endpoint: plain }, '/health')).status, 200)
  const tls = { ca: authority.cert, clientCert: '', clientKey: '' }
  assert.equal((await requestMember({ endpoint: secure, tls }, '/health')).status, 200)
  const target = { endpoint: plain, socketPath: path }
  assert.equal((await requestMember(target, '/health')).status, 200)
})

it('EtcdServer.listen rejects what cannot be listened on', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const port = Number(new URL(server.endpoint).port)
  await assert.rejects(EtcdServer.listen({ port }), {
    message: `Cannot listen on http://127.0.0.1:${port}: the address is in use`,
  })
  await assert.rejects(EtcdServer.listen({ urls: ['https://127.0.0.1:0'] }), {
    message: 'Cannot listen on https://127.0.0.1:0: no certificate and key',
  })
  await assert.rejects(
    EtcdServer.listen({ port: 0, host: 'no.such.host.invalid' }),
    /Cannot listen/,
  )
  await assert.rejects(EtcdServer.listen({ port: 0, tls: { cert: 'x', key: 'y' } }))
  await assert.rejects(EtcdServer.listen({ port: 0, watchProgressMs: -1 }), RangeError)
})

it('a second server on the port of one that closed begins at once', async () => {
  await using reserved = await reservePorts(1)
  const [port = 0] = reserved.ports
  const first = await EtcdServer.listen({ port })
  const connection = await connectRaw(first.endpoint)
  await connection.call(put)
  await first.close()
  await connection[Symbol.asyncDispose]()
  await using second = await EtcdServer.listen({ port })
  assert.equal(second.revision, 1)
})

it('close ends HTTP/1.1 connections that are kept alive', async () => {
  const server = await EtcdServer.listen({ port: 0 })
  const socket = await connectSocket(server)
  socket.write('GET /health HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'data')
  const ended = readAll(socket)
  await server.close()
  await ended
})

it('close ends connections that say nothing', async () => {
  const server = await EtcdServer.listen({ port: 0 })
  const socket = await connectSocket(server)
  const ended = readAll(socket)
  using _silence = server.faults.silence()
  const frozen = await connectSocket(server)
  const alsoEnded = readAll(frozen)
  await server.close()
  await Promise.all([ended, alsoEnded])
})

it('a HEAD or POST to a page is not allowed, and its body is no harm', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  const answer = await new Promise<number | undefined>((resolve) => {
    const posted = request(
      `${server.endpoint}/version`,
      { method: 'POST', agent: false },
      (response) => {
        response.resume().on('end', () => resolve(response.statusCode))
      },
    )
    posted.end('x'.repeat(100_000))
  })
  assert.equal(answer, 405)
})

async function connectSocket(server: EtcdServer): Promise<Socket> {
  const { hostname, port } = new URL(server.endpoint)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  return socket
}

/** Everything to the end of the connection, however it ends. */
function readAll(socket: Socket): Promise<string> {
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1')
  })
  socket.on('error', () => {})
  return new Promise((resolve) => {
    if (socket.closed) resolve(text)
    socket.on('close', () => resolve(text))
  })
}
