// Which client Node gets: undici where it is, else fetch, else an error that says what is missing.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as undici from 'undici'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { HttpError } from '../../src/http/http-error.ts'
import { type LoadUndici, NodeHttpClient } from '../../src/http/node/node-http-client.ts'
import { listenTo, settler, startPeer } from './http-peer.ts'

const absence = new Error('Cannot find package')
const none: LoadUndici = () => Promise.reject(absence)
const options = { connectTimeoutMs: 2000 }

describe('NodeHttpClient', () => {
  failOnLeaks()

  it('asks for undici when there is something to send, and once', async () => {
    await using peer = await startPeer((request, response) => {
      response.end(request.headers['user-agent'] ?? 'undici alone sends no user agent')
    })
    let loads = 0
    const client = new NodeHttpClient(options, async () => {
      loads++
      return undici
    })
    assert.equal(loads, 0)
    const bodies = [1, 2, 3].map(() => listenTo(client, peer.origin).body)
    assert.match((await Promise.all(bodies)).join(), /^(undici alone[^,]*,?){3}$/)
    assert.equal(loads, 1)
    await client.close()
  })

  it('without undici it uses fetch', async () => {
    await using peer = await startPeer((request, response) => {
      response.setHeader('connection', 'close').end(request.headers['user-agent'])
    })
    const client = new NodeHttpClient(options, none)
    assert.equal(await listenTo(client, peer.origin).body, 'node')
    await client.close()
  })

  it('without undici, and with what only undici can do, it says what to install', async () => {
    const client = new NodeHttpClient({ ...options, needsUndici: 'the option tls' }, none)
    const { body } = listenTo(client, { url: 'http://127.0.0.1:1' })
    await assert.rejects(body, (error: unknown) => {
      assert.ok(error instanceof HttpError)
      assert.deepEqual([error.phase, error.unsent], ['unsupported', true])
      assert.equal(error.cause, absence)
      assert.match(error.message, /^the option tls needs the package undici.*npm install undici@7$/)
      return true
    })
    await client.close()
  })

  it('without undici there are no unix sockets', async () => {
    const client = new NodeHttpClient(options, none)
    const { body } = listenTo(client, { url: 'http://localhost', socketPath: '/run/etcd.sock' })
    await assert.rejects(body, { phase: 'unsupported', unsent: true })
    await client.close()
  })

  it('a request that is canceled while undici is loaded is not sent', async () => {
    let requests = 0
    await using peer = await startPeer((_, response) => {
      requests++
      response.end('ok')
    })
    const loaded = settler<typeof undici>()
    const client = new NodeHttpClient(options, () => loaded.promise)
    const first = listenTo(client, peer.origin)
    const second = listenTo(client, peer.origin)
    first.exchange.cancel()
    assert.equal(first.exchange.sent, false)
    loaded.resolve(undici)
    assert.equal(await second.body, 'ok')
    assert.equal(requests, 1)
    await client.close()
  })

  it('close while undici is loaded refuses what waits', async () => {
    const loaded = settler<typeof undici>()
    const client = new NodeHttpClient(options, () => loaded.promise)
    const { body } = listenTo(client, { url: 'http://127.0.0.1:1' })
    const closed = client.close()
    loaded.resolve(undici)
    await closed
    await assert.rejects(body, { unsent: true })
  })

  it('close before anything was sent loads nothing', async () => {
    let loads = 0
    const client = new NodeHttpClient(options, async () => {
      loads++
      return undici
    })
    await client.close()
    assert.equal(loads, 0)
  })
})
