// Endpoints that cannot be reached: the error says which step failed, and where; a write was surely not applied.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Etcd, type EtcdErrorCode } from 'etcdkit'
import { activeResources, assertNoLeaks, failOnLeaks } from '../support/leaks.ts'
import { patientMs } from '../support/patience.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'

/** A port of the loopback interface, and what it does to those who connect. */
interface Port extends AsyncDisposable {
  readonly port: number
  /** Resolves when somebody has connected. */
  readonly connected: Promise<unknown>
}

const silent = (): void => undefined

async function listen(onConnection: (socket: Socket) => void): Promise<Port> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('Cannot listen on a port')
  return {
    port: address.port,
    connected: once(server, 'connection'),
    async [Symbol.asyncDispose]() {
      server.close()
      for (const socket of sockets) socket.destroy()
      await once(server, 'close')
    },
  }
}

/** Where nobody listens. */
const nowhere = 'http://127.0.0.1:1'

// At a time, as each call takes all the time that it is given.
describe('steps of connecting that fail', { concurrency: true }, () => {
  let resources: readonly string[] = []
  before(() => {
    resources = activeResources()
  })
  after(() => assertNoLeaks(resources))

  async function assertStepFails(
    endpoints: string,
    code: EtcdErrorCode,
    step: string,
  ): Promise<void> {
    await using etcd = new Etcd({ endpoints, timeoutMs: 2000, connectTimeoutMs: 1000 })
    const reading = etcdErrorOf(etcd.get('a'), code)
    const writing = await etcdErrorOf(etcd.put('a', '1'), code)
    const start = `Cannot put "a": cannot connect to ${endpoints}: ${step}: `
    assert.ok(writing.message.startsWith(start), writing.message)
    assert.deepEqual([writing.outcome, writing.endpoint], ['not-applied', endpoints])
    assert.equal((await reading).outcome, undefined)
  }

  it('a port that nobody listens on: tcp-failed', async () => {
    await assertStepFails(nowhere, 'tcp-failed', 'TCP')
  })

  it('a name that cannot be: dns-failed', async () => {
    // A label of more than 63 characters is refused without asking anybody.
    const endpoints = `http://${'a'.repeat(64)}.invalid:2379`
    await assertStepFails(endpoints, 'dns-failed', 'DNS')
  })

  it('a port that does not speak TLS: tls-failed', async () => {
    await using port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await assertStepFails(`https://127.0.0.1:${port.port}`, 'tls-failed', 'TLS')
  })

  it('a port that speaks HTTP/1.1: http2-failed', async () => {
    await using port = await listen((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await assertStepFails(`http://127.0.0.1:${port.port}`, 'http2-failed', 'HTTP/2')
  })

  it('a port that hangs up: http2-failed', async () => {
    await using port = await listen((socket) => socket.destroy())
    await assertStepFails(`http://127.0.0.1:${port.port}`, 'http2-failed', 'HTTP/2')
  })

  it('a port that says nothing: http2-failed', async () => {
    await using port = await listen(silent)
    await assertStepFails(`http://127.0.0.1:${port.port}`, 'http2-failed', 'HTTP/2')
  })
})

describe('endpoints that cannot be reached', () => {
  failOnLeaks()

  it('a deadline before the attempt to connect has failed: deadline-exceeded, and not applied', async () => {
    await using port = await listen(silent)
    await using etcd = new Etcd(`http://127.0.0.1:${port.port}`)
    const options = { timeoutMs: 100 }
    const error = await etcdErrorOf(etcd.put('a', '1', options), 'deadline-exceeded')
    assert.equal(error.outcome, 'not-applied')
    assert.match(error.message, /^Cannot put "a": no answer from .+ within 100 ms$/)
  })

  it('a signal aborted while the client connects: its reason', async () => {
    await using port = await listen(silent)
    await using etcd = new Etcd(`http://127.0.0.1:${port.port}`)
    const controller = new AbortController()
    const reason = new Error('mine')
    const call = rejectionOf(etcd.get('a', { signal: controller.signal }))
    await port.connected
    controller.abort(reason)
    assert.equal(await call, reason)
  })

  it('etcd.close while the client connects: closed, and not applied', async () => {
    await using port = await listen(silent)
    const etcd = new Etcd(`http://127.0.0.1:${port.port}`)
    const call = etcdErrorOf(etcd.put('a', '1'), 'closed')
    await port.connected
    await etcd.close()
    assert.equal((await call).outcome, 'not-applied')
  })

  it('etcd.close while the client waits to connect again: closed', async () => {
    const etcd = new Etcd({ endpoints: nowhere, timeoutMs: patientMs })
    const events = etcd.events()
    const first = etcdErrorOf(etcd.get('a'), 'closed')
    for await (const { type } of events) if (type === 'ejected') break
    const call = etcdErrorOf(etcd.put('a', '1'), 'closed')
    await etcd.close()
    assert.equal((await call).outcome, 'not-applied')
    await first
  })
})
