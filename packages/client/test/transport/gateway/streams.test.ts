// Streams over HTTP: messages as lines, errors in between, ends, backpressure, and what cannot be.

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { EtcdError, KV, Lease, Maintenance, type MessageStream, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { pollUntil } from '../../../../../tests/support/poll.ts'
import { closedOrigin, settler } from '../../http/http-peer.ts'
import { within } from '../../http2/within.ts'
import { answerJson, startGatewayPeer, transportTo } from './gateway-peer.ts'

const created = (watchId = '0'): string =>
  `${JSON.stringify({ result: { watch_id: watchId, created: true } })}\n`

/** Reads a stream to its end. */
async function read<O extends object>(stream: MessageStream<never, O>): Promise<O[]> {
  const messages: O[] = []
  const reading = (async () => {
    for await (const message of stream) messages.push(message)
  })()
  await within(reading, 'the end of the stream')
  return messages
}

/** What reading a watch throws that is answered so, after how many messages. */
async function watchAnswered(
  answer: (response: ServerResponse) => void,
): Promise<{ error: EtcdError; messages: number }> {
  await using peer = await startGatewayPeer((_, response) => answer(response))
  const transport = transportTo(peer.url, { maxMessageBytes: 10_000 })
  const stream = transport.stream(Watch.watch)
  stream.send({ createRequest: { key: Uint8Array.of(97) } })
  let messages = 0
  try {
    for await (const _ of stream) messages++
  } catch (error) {
    assert.ok(error instanceof EtcdError, String(error))
    return { error, messages }
  } finally {
    await transport.close()
  }
  return assert.fail('the stream ended well')
}

describe('streams over HTTP', () => {
  failOnLeaks()

  it('what is sent in one turn leaves in one request, and lines are messages however they are cut', async () => {
    const text = [created('7'), created('8')].join('')
    await using peer = await startGatewayPeer(async (_, response) => {
      response.writeHead(200)
      for (const character of text) {
        response.write(character)
        await new Promise((resolve) => setImmediate(resolve))
      }
      response.end()
    })
    const transport = transportTo(peer.url)
    const stream = transport.stream(Watch.watch)
    stream.send({ createRequest: { key: Uint8Array.of(97), watchId: 7 } })
    stream.send({ createRequest: { key: Uint8Array.of(98), watchId: 8 } })
    assert.deepEqual(
      (await read(stream)).map(({ watchId }) => watchId),
      [7, 8],
    )
    const [request] = peer.requests
    assert.equal(request?.path, '/v3/watch')
    assert.equal(
      request?.body,
      '{"create_request":{"key":"YQ==","watch_id":"7"}}{"create_request":{"key":"Yg==","watch_id":"8"}}',
    )
    await transport.close()
  })

  it('a last line without its end is a message', async () => {
    await using peer = await startGatewayPeer((_, response) => response.end(created().trimEnd()))
    const transport = transportTo(peer.url)
    const stream = transport.stream(Watch.watch)
    stream.send({})
    assert.equal((await read(stream)).length, 1)
    await transport.close()
  })

  it('an error in mid-stream, in both forms, comes after what was told before it', async () => {
    const v1 = { grpc_code: 14, http_code: 503, message: 'etcdserver: no leader', http_status: 'S' }
    for (const error of [v1, { code: 14, message: 'etcdserver: no leader', details: [] }]) {
      const told = await watchAnswered((response) => {
        response.end(`${created()}${JSON.stringify({ error })}\n`)
      })
      assert.deepEqual([told.error.code, told.messages], ['no-leader', 1])
    }
  })

  it('an error before the first message, by its status', async () => {
    const { error } = await watchAnswered((response) => {
      answerJson(response, { error: { code: 7, message: 'etcdserver: permission denied' } }, 403)
    })
    assert.equal(error.code, 'permission-denied')
  })

  it('the page of a proxy, however long', async () => {
    const { error } = await watchAnswered((response) => {
      response.writeHead(502, { 'content-type': 'text/html' })
      response.end('<p>sorry</p>\n'.repeat(50_000))
    })
    assert.deepEqual([error.code, error.message], ['unavailable', 'the server answered HTTP 502'])
  })

  it('a connection that is cut: connection-lost, after what was told before it', async () => {
    const told = await watchAnswered((response) => {
      response.write(created(), () => response.destroy())
    })
    assert.equal(told.error.code, 'connection-lost')
  })

  for (const [name, line, code] of [
    ['a page', '<html>\n', 'protocol-error'],
    ['half a message at the end', '{"result":{"wat', 'protocol-error'],
    ['neither result nor error', '{}\n', 'protocol-error'],
    ['a wrong type', '{"result":{"created":1}}\n', 'decode-failed'],
    ['an error of no known form', '{"error":true}\n', 'unknown'],
    ['a line without end', 'x'.repeat(20_000), 'message-too-large'],
  ] as const) {
    it(`status 200 with ${name}: ${code}`, async () => {
      assert.equal((await watchAnswered((response) => response.end(line))).error.code, code)
    })
  }

  it('a server that ends the stream with OK ends the iteration', async () => {
    await using peer = await startGatewayPeer((_, response) => response.end(created()))
    const transport = transportTo(peer.url)
    const stream = transport.stream(Watch.watch)
    stream.send({})
    assert.equal((await read(stream)).length, 1)
    await transport.close()
  })

  it('a reader that stops stops the server, and gets everything when it goes on', async () => {
    const blob = Buffer.alloc(64 * 1024, 'x').toString('base64')
    const line = `${JSON.stringify({ result: { remaining_bytes: '0', blob } })}\n`
    const count = 600
    let written = 0
    await using peer = await startGatewayPeer((_, response) => {
      const write = (): void => {
        while (written < count) {
          written++
          if (!response.write(line)) {
            response.once('drain', write)
            return
          }
        }
        response.end()
      }
      write()
    })
    const transport = transportTo(peer.url)
    const stream = transport.stream(Maintenance.snapshot)
    stream.send({})
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    let before = -1
    const stopped = (): boolean => {
      const isStill = written === before
      before = written
      return isStill
    }
    await pollUntil(stopped, { what: 'the server to stop', deadlineMs: 10_000, intervalMs: 200 })
    assert.ok(written < count / 2, `${written} of ${count} were written`)
    let taken = 1
    while ((await iterator.next()).done !== true) taken++
    assert.equal(taken, count)
    await transport.close()
  })

  it('leaving the loop, cancel, a signal and close end the stream and its connection', async () => {
    const closed: Promise<void>[] = []
    await using peer = await startGatewayPeer((_, response) => {
      const end = settler<void>()
      response.once('close', end.resolve)
      closed.push(end.promise)
      response.write(created())
    })
    const transport = transportTo(peer.url)
    const open = (signal?: AbortSignal): MessageStream<object, object> => {
      const stream = transport.stream(Watch.watch, { signal })
      stream.send({})
      return stream
    }
    for await (const _ of open()) break
    const canceled = open()
    const first = canceled[Symbol.asyncIterator]()
    await first.next()
    canceled.cancel()
    assert.equal((await first.next()).done, true)
    const controller = new AbortController()
    const reason = new Error('mine')
    const aborted = open(controller.signal)[Symbol.asyncIterator]()
    await aborted.next()
    controller.abort(reason)
    await assert.rejects(aborted.next(), reason)
    const last = open()[Symbol.asyncIterator]()
    await last.next()
    await transport.close()
    await assert.rejects(last.next(), { code: 'closed' })
    assert.equal((await last.next()).done, true)
    await within(Promise.all(closed), 'the end of the connections')
    assert.equal(closed.length, 4)
  })

  it('an endpoint that cannot be reached is passed by, and one alone is told of in time', async () => {
    const { url } = await closedOrigin()
    await using peer = await startGatewayPeer((_, response) => response.end(created()))
    const transport = transportTo([url, peer.url])
    for (let count = 0; count < 4; count++) {
      const stream = transport.stream(Watch.watch)
      stream.send({})
      assert.equal((await read(stream)).length, 1)
    }
    await transport.close()
    const lonely = transportTo(url, { timeoutMs: 100 })
    const stream = lonely.stream(Watch.watch)
    stream.send({})
    await assert.rejects(read(stream), { code: 'tcp-failed' })
    await lonely.close()
  })

  it('a watch that is not confirmed in time ends, and one that is has no limit any more', async () => {
    const go = settler<void>()
    let isMute = true
    await using peer = await startGatewayPeer(({ path }, response) => {
      if (isMute || path !== '/v3/watch') return
      response.write(created('1'))
      void go.promise.then(() => response.write(created('2')))
    })
    const transport = transportTo(peer.url, { timeoutMs: 100 })
    const open = (): MessageStream<object, { watchId: number }> => {
      const stream = transport.stream(Watch.watch)
      stream.send({})
      return stream
    }
    await assert.rejects(read(open()), { code: 'deadline-exceeded', endpoint: peer.url })
    isMute = false
    const iterator = open()[Symbol.asyncIterator]()
    assert.equal((await iterator.next()).value?.watchId, 1)
    // Its limit would have been over before this one is, which began later.
    await assert.rejects(transport.unary(KV.range, {}), { code: 'deadline-exceeded' })
    go.resolve()
    assert.equal((await within(iterator.next(), 'the second message')).value?.watchId, 2)
    await transport.close()
  })

  it('an endpoint that falls silent while it has streams is asked, and loses them', async () => {
    const muted = settler<void>()
    let isMute = false
    await using peer = await startGatewayPeer(({ path }, response) => {
      if (path === '/v3/watch') response.write(created())
      else if (!isMute) answerJson(response, {})
    })
    const transport = transportTo(peer.url, { probeIntervalMs: 50, timeoutMs: 300 })
    const stream = transport.stream(Watch.watch)
    stream.send({})
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    const next = iterator.next()
    const asked = (): boolean => peer.requests.some(({ path }) => path === '/v3/kv/range')
    await pollUntil(asked, { what: 'the question', deadlineMs: 20_000 })
    isMute = true
    muted.resolve()
    await assert.rejects(within(next, 'the end of the stream'), { code: 'deadline-exceeded' })
    await transport.close()
  })

  it('streams end on endpoints that are taken off the list', async () => {
    await using peer = await startGatewayPeer((_, response) => void response.write(created()))
    const transport = transportTo(peer.url)
    const stream = transport.stream(Watch.watch)
    stream.send({})
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    transport.setEndpoints('http://127.0.0.1:1')
    await assert.rejects(iterator.next(), { code: 'unavailable', endpoint: peer.url })
    await transport.close()
  })

  it('a watch that is asked for after the first answer is refused, not lost in silence', async () => {
    await using peer = await startGatewayPeer((_, response) => void response.write(created()))
    const transport = transportTo(peer.url)
    const stream = transport.stream(Watch.watch)
    stream.send({ createRequest: {} })
    const iterator = stream[Symbol.asyncIterator]()
    await iterator.next()
    stream.send({ progressRequest: {} })
    stream.send({ cancelRequest: { watchId: 9 } })
    const next = iterator.next()
    stream.send({ createRequest: {} })
    await assert.rejects(next, { code: 'unimplemented' })
    await transport.close()
  })

  it('what gateways do not have is refused before anything is sent', async () => {
    const transport = transportTo('http://127.0.0.1:1')
    const stream = transport.stream(KV.rangeStream)
    stream.send({})
    await assert.rejects(read(stream), { code: 'unimplemented' })
    await transport.close()
  })

  it('a stream that sends nothing and ends has an empty request', async () => {
    await using peer = await startGatewayPeer((_, response) => response.end())
    const transport = transportTo(peer.url)
    const stream = transport.stream(Maintenance.snapshot)
    stream.end()
    assert.deepEqual(await read(stream), [])
    assert.equal(peer.requests[0]?.body, '{}')
    await transport.close()
  })
})

describe('renewals over HTTP', () => {
  failOnLeaks()

  it('each has a request of its own, which is sent again where that is needed', async () => {
    let cut = true
    await using peer = await startGatewayPeer(({ body }, response) => {
      const { ID } = JSON.parse(body) as { ID: string }
      if (ID === '2' && cut) {
        cut = false
        response.destroy()
      } else answerJson(response, { result: { ID, TTL: '5' } })
    })
    const transport = transportTo(peer.url)
    const stream = transport.stream(Lease.leaseKeepAlive)
    for (const ID of ['1', '2', '3']) stream.send({ ID })
    stream.end()
    const answers = await read(stream)
    assert.deepEqual(answers.map(({ ID }) => ID).sort(), ['1', '2', '3'])
    assert.equal(peer.requests.length, 4)
    await transport.close()
  })

  it('one that fails ends the stream; a signal and close do too', async () => {
    await using peer = await startGatewayPeer(({ body }, response) => {
      const { ID } = JSON.parse(body) as { ID: string }
      if (ID === '1')
        answerJson(response, { code: 7, message: 'etcdserver: permission denied' }, 403)
    })
    const transport = transportTo(peer.url)
    const refused = transport.stream(Lease.leaseKeepAlive)
    refused.send({ ID: '1' })
    await assert.rejects(read(refused), { code: 'permission-denied' })
    const controller = new AbortController()
    const reason = new Error('mine')
    const aborted = transport.stream(Lease.leaseKeepAlive, { signal: controller.signal })
    aborted.send({ ID: '2' })
    controller.abort(reason)
    await assert.rejects(read(aborted), reason)
    const late = transport.stream(Lease.leaseKeepAlive, { signal: controller.signal })
    await assert.rejects(read(late), reason)
    const open = transport.stream(Lease.leaseKeepAlive)
    open.send({ ID: '3' })
    const closing = assert.rejects(read(open), { code: 'closed' })
    await transport.close()
    await closing
  })
})
