// The two HTTP clients against real servers: what they send, what they hand out, and how they fail.

import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import * as undici from 'undici'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { pollUntil } from '../../../../tests/support/poll.ts'
import { FetchHttpClient } from '../../src/http/fetch-client.ts'
import type { HttpClient } from '../../src/http/http-client.ts'
import { HttpError } from '../../src/http/http-error.ts'
import { UndiciHttpClient } from '../../src/http/node/undici-client.ts'
import { within } from '../http2/within.ts'
import { closedOrigin, listenOn, listenTo, settler, startPeer } from './http-peer.ts'

interface Kind {
  readonly name: string
  create(): HttpClient
}

const kinds: readonly Kind[] = [
  { name: 'fetch', create: () => new FetchHttpClient() },
  { name: 'undici', create: () => new UndiciHttpClient(undici, { connectTimeoutMs: 2000 }) },
]

async function httpErrorOf(promise: Promise<unknown>): Promise<HttpError> {
  const error: unknown = await within(promise, 'the error').then(
    () => assert.fail('it was answered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof HttpError, String(error))
  return error
}

for (const { name, create } of kinds) {
  describe(`HTTP client over ${name}`, () => {
    failOnLeaks()

    it('sends method, path, headers and body, and hands out status, headers and body', async () => {
      await using peer = await startPeer((request, response) => {
        let text = ''
        request.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk
        })
        request.on('end', () => {
          response.writeHead(418, { 'x-a': 'b', connection: 'close' })
          response.end(`${request.method} ${request.url} ${request.headers['x-mine']} ${text}`)
        })
      })
      const client = create()
      const request = { method: 'POST', path: '/a?b=c', headers: { 'x-mine': '1' }, body: 'ü' }
      const { head, body, exchange } = listenTo(client, peer.origin, request)
      const { status, headers } = await head
      assert.deepEqual([status, headers['x-a']], [418, 'b'])
      assert.equal(await body, 'POST /a?b=c 1 ü')
      assert.equal(exchange.sent, true)
      await client.close()
    })

    it('follows no redirect', async () => {
      await using peer = await startPeer((_, response) => {
        response.writeHead(307, { location: '/elsewhere', connection: 'close' }).end()
      })
      const client = create()
      assert.equal((await listenTo(client, peer.origin).head).status, 307)
      await client.close()
    })

    it('a paused exchange takes no more than what is on its way, and all of it in the end', async () => {
      const total = 64 * 1024 * 1024
      const block = Buffer.alloc(256 * 1024, 'x')
      let written = 0
      await using peer = await startPeer((_, response) => {
        response.writeHead(200, { connection: 'close' })
        const write = (): void => {
          while (written < total) {
            written += block.length
            if (!response.write(block)) {
              response.once('drain', write)
              return
            }
          }
          response.end()
        }
        write()
      })
      const client = create()
      const { exchange, head, body, bytes } = listenTo(client, peer.origin, { streaming: true })
      await head
      exchange.pause()
      // The server has come to a stop when nothing more is written from one look to the next.
      let before = -1
      const stopped = (): boolean => {
        const isStill = written === before && written > 0
        before = written
        return isStill
      }
      await pollUntil(stopped, { what: 'the server to stop', deadlineMs: 10_000, intervalMs: 200 })
      assert.ok(written < total / 2, `${written} of ${total} were written`)
      assert.ok(bytes() < total / 4)
      exchange.resume()
      assert.equal((await within(body, 'the rest')).length, total)
      await client.close()
    })

    it('cancel closes the connection, and nothing more is heard', async () => {
      const closed = settler<void>()
      await using peer = await startPeer((request, response) => {
        request.socket.once('close', () => closed.resolve())
        response.write('first')
      })
      const client = create()
      const { exchange, head, body } = listenTo(client, peer.origin, { streaming: true })
      await head
      exchange.cancel()
      await within(closed.promise, 'the end of the connection')
      let heard = 'nothing'
      body.then(
        () => (heard = 'an end'),
        () => (heard = 'an error'),
      )
      await client.close()
      assert.equal(heard, 'nothing')
    })

    it('cancel before anything was sent sends nothing', async () => {
      let requests = 0
      await using peer = await startPeer((_, response) => {
        requests++
        response.end()
      })
      const client = create()
      listenTo(client, peer.origin).exchange.cancel()
      const { body } = listenTo(client, peer.origin, { headers: { connection: 'close' } })
      await body.catch(() => undefined)
      assert.ok(requests <= 1)
      await client.close()
    })

    it('a port that nobody listens on: tcp, and unsent', async () => {
      const client = create()
      const error = await httpErrorOf(listenTo(client, await closedOrigin()).body)
      assert.deepEqual([error.phase, error.unsent], ['tcp', true])
      await client.close()
    })

    it('a name that cannot be: dns, and unsent', async () => {
      const client = create()
      const origin = { url: `http://${'a'.repeat(64)}.invalid:2379` }
      const error = await httpErrorOf(listenTo(client, origin).body)
      assert.deepEqual([error.phase, error.unsent], ['dns', true])
      await client.close()
    })

    it('a port that does not speak TLS: tls, and unsent', async () => {
      await using peer = await startPeer(() => undefined)
      const client = create()
      const origin = { url: peer.origin.url.replace('http:', 'https:') }
      const error = await httpErrorOf(listenTo(client, origin).body)
      assert.deepEqual([error.phase, error.unsent], ['tls', true])
      await client.close()
    })

    it('a connection that is cut before the answer: lost, and perhaps sent', async () => {
      await using peer = await startPeer((request) => request.socket.destroy())
      const client = create()
      const error = await httpErrorOf(listenTo(client, peer.origin, { method: 'POST' }).body)
      assert.deepEqual([error.phase, error.unsent], ['lost', false])
      await client.close()
    })

    it('a connection that is cut within the answer: the head, what came, and then lost', async () => {
      const arrived = settler<void>()
      await using peer = await startPeer((request, response) => {
        response.writeHead(200, { 'content-length': '100' })
        response.write('part')
        void arrived.promise.then(() => request.socket.destroy())
      })
      const client = create()
      const { head, body, bytes } = listenTo(client, peer.origin)
      assert.equal((await head).status, 200)
      await pollUntil(() => bytes() === 4, { what: 'the part', deadlineMs: 20_000 })
      arrived.resolve()
      const error = await httpErrorOf(body)
      assert.deepEqual([error.phase, error.unsent], ['lost', false])
      await client.close()
    })

    it('a peer that does not speak HTTP: protocol', async () => {
      const server = createServer((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'))
      await using peer = await listenOn(server)
      const client = create()
      assert.equal((await httpErrorOf(listenTo(client, peer.origin).body)).phase, 'protocol')
      await client.close()
    })

    it('close ends what is under way with an error, and what comes after it is unsent', async () => {
      await using peer = await startPeer((_, response) => void response.write('x'))
      const client = create()
      const { head, body } = listenTo(client, peer.origin, { streaming: true })
      await head
      const failing = httpErrorOf(body)
      await client.close()
      await failing
      assert.equal((await httpErrorOf(listenTo(client, peer.origin).body)).unsent, true)
    })
  })
}

describe('UndiciHttpClient', () => {
  failOnLeaks()

  it('no more connections than asked for, and streams have others', async () => {
    let most = 0
    await using peer = await startPeer((request, response) => {
      most = Math.max(most, peer.sockets.size)
      if (request.url === '/stream') response.write('x')
      else setImmediate(() => response.end('ok'))
    })
    const options = { connectTimeoutMs: 2000, connections: 3 }
    const client = new UndiciHttpClient(undici, options)
    const streams = [1, 2, 3, 4].map(() =>
      listenTo(client, peer.origin, { path: '/stream', streaming: true }),
    )
    await Promise.all(streams.map(({ head }) => head))
    const calls = Array.from({ length: 50 }, () => listenTo(client, peer.origin).body)
    assert.deepEqual(new Set(await Promise.all(calls)), new Set(['ok']))
    assert.ok(most <= 3 + 4, `${most} connections`)
    await client.close()
  })

  it('what is canceled while it waits for a connection is never sent, and costs no connection', async () => {
    const arrived = settler<void>()
    const go = settler<void>()
    const paths: unknown[] = []
    let connections = 0
    await using peer = await startPeer((request, response) => {
      paths.push(request.url)
      if (request.socket.bytesWritten === 0) connections++
      arrived.resolve()
      void go.promise.then(() => response.end('ok'))
    })
    const client = new UndiciHttpClient(undici, { connectTimeoutMs: 2000, connections: 1 })
    const first = listenTo(client, peer.origin, { path: '/first' })
    await arrived.promise
    const others = Array.from({ length: 200 }, () => listenTo(client, peer.origin))
    const last = listenTo(client, peer.origin, { path: '/last' })
    for (const { exchange } of others) exchange.cancel()
    go.resolve()
    assert.deepEqual(await within(Promise.all([first.body, last.body]), 'both'), ['ok', 'ok'])
    assert.deepEqual(paths, ['/first', '/last'])
    assert.equal(connections, 1)
    await client.close()
  })

  it('what waits for a connection is sent when its endpoint is released, and refused when the client closes', async () => {
    const arrived = settler<void>()
    await using peer = await startPeer((request, response) => {
      if (request.url === '/held') arrived.resolve()
      else response.end('ok')
    })
    const open = (): UndiciHttpClient =>
      new UndiciHttpClient(undici, { connectTimeoutMs: 2000, connections: 2 })
    const client = open()
    listenTo(client, peer.origin, { path: '/held' })
    await arrived.promise
    const waiting = [1, 2, 3, 4].map(() => listenTo(client, peer.origin).body)
    client.release(peer.origin)
    assert.deepEqual(await within(Promise.all(waiting), 'all'), Array(4).fill('ok'))
    await client.close()
    const other = open()
    const calls = Array.from({ length: 300 }, () => {
      return httpErrorOf(listenTo(other, peer.origin, { path: '/held' }).body)
    })
    await other.close()
    assert.ok((await Promise.all(calls)).every(({ unsent }) => unsent))
  })

  it('connections are used again', async () => {
    const seen = new Set<unknown>()
    await using peer = await startPeer((request, response) => {
      seen.add(request.socket)
      response.end('ok')
    })
    const client = new UndiciHttpClient(undici, { connectTimeoutMs: 2000 })
    for (let count = 0; count < 20; count++) await listenTo(client, peer.origin).body
    // The one that has just been used is not free before the next turn of the event loop.
    assert.ok(seen.size <= 2, `${seen.size} connections`)
    await client.close()
  })

  it('a unix socket that is not there is done without', async () => {
    await using peer = await startPeer((request, response) => response.end(request.headers.host))
    const client = new UndiciHttpClient(undici, { connectTimeoutMs: 2000 })
    const origin = { ...peer.origin, socketPath: '/nowhere/etcd.sock' }
    assert.equal(await listenTo(client, origin).body, new URL(peer.origin.url).host)
    await client.close()
  })

  it('release lets what is under way end, and closes the connections', async () => {
    const go = settler<void>()
    await using peer = await startPeer((_, response) => {
      response.writeHead(200)
      response.flushHeaders()
      void go.promise.then(() => response.end('late'))
    })
    const client = new UndiciHttpClient(undici, { connectTimeoutMs: 2000 })
    const { head, body } = listenTo(client, peer.origin)
    await head
    client.release(peer.origin)
    go.resolve()
    assert.equal(await body, 'late')
    const gone = (): boolean => peer.sockets.size === 0
    await pollUntil(gone, { what: 'the connections to close', deadlineMs: 20_000 })
    await client.close()
  })
})
