// Which calls are sent again, where they go, and how they end: the shared rules, over HTTP.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  CallOptionsError,
  type ClientEvent,
  EtcdError,
  type EtcdErrorCode,
  KV,
  Lock,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { closedOrigin, settler } from '../../http/http-peer.ts'
import { within } from '../../http2/within.ts'
import { answerJson, rangeOf, startGatewayPeer, transportTo } from './gateway-peer.ts'

const key = new TextEncoder().encode('a')

async function etcdErrorOf(call: Promise<unknown>, code: EtcdErrorCode): Promise<EtcdError> {
  const error: unknown = await within(call, 'the error').then(
    () => assert.fail('it was answered'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof EtcdError, String(error))
  assert.equal(error.code, code, error.message)
  return error
}

describe('calls over HTTP', () => {
  failOnLeaks()

  it('a write whose connection is cut is not sent again: unknown', async () => {
    await using peer = await startGatewayPeer((_, response) => response.destroy())
    const transport = transportTo(peer.url)
    const error = await etcdErrorOf(transport.unary(KV.put, { key }), 'connection-lost')
    assert.equal(error.outcome, 'unknown')
    assert.equal(peer.requests.length, 1)
    await transport.close()
  })

  it('a write that may be repeated is, and so is a read', async () => {
    let cuts = 0
    await using peer = await startGatewayPeer((request, response) => {
      if (cuts++ % 2 === 0) response.destroy()
      else answerJson(response, request.path === '/v3/kv/put' ? {} : rangeOf(1))
    })
    const transport = transportTo(peer.url)
    await transport.unary(KV.put, { key }, { repeatable: true })
    assert.equal((await transport.unary(KV.range, { key })).count, 1)
    assert.equal(peer.requests.length, 4)
    await transport.close()
  })

  it('a write that cannot be sent to one endpoint is sent to another, once', async () => {
    const refusing = await closedOrigin()
    await using peer = await startGatewayPeer((_, response) => answerJson(response, {}))
    const transport = transportTo([refusing.url, peer.url])
    for (let count = 0; count < 20; count++) await transport.unary(KV.put, { key })
    assert.equal(peer.requests.filter(({ path }) => path === '/v3/kv/put').length, 20)
    await transport.close()
  })

  it('a write that could be sent nowhere: the step that failed, and surely not applied', async () => {
    const { url } = await closedOrigin()
    const transport = transportTo(url, { timeoutMs: 200 })
    const error = await etcdErrorOf(transport.unary(KV.put, { key }), 'tcp-failed')
    assert.deepEqual([error.outcome, error.endpoint], ['not-applied', url])
    assert.ok(error.message.startsWith(`cannot connect to ${url}: TCP: `), error.message)
    await transport.close()
  })

  it('a write that may have been applied stays unknown, whatever refuses it when it is repeated', async () => {
    let calls = 0
    await using peer = await startGatewayPeer((_, response) => {
      if (calls++ === 0) response.destroy()
      else answerJson(response, { code: 5, message: 'etcdserver: requested lease not found' }, 404)
    })
    const transport = transportTo(peer.url)
    const call = transport.unary(KV.put, { key }, { repeatable: true })
    assert.equal((await etcdErrorOf(call, 'lease-not-found')).outcome, 'unknown')
    await transport.close()
  })

  it('a read goes elsewhere when a member takes it and does not answer', async () => {
    const silent: (() => void)[] = []
    await using mute = await startGatewayPeer((_, response) => {
      silent.push(() => response.destroy())
    })
    await using peer = await startGatewayPeer((_, response) => answerJson(response, rangeOf(1)))
    const transport = transportTo([mute.url, peer.url], { timeoutMs: 3000 })
    const reads = [1, 2, 3, 4].map(() => transport.unary(KV.range, { key }))
    assert.deepEqual(
      (await within(Promise.all(reads), 'the answers')).map(({ count }) => count),
      [1, 1, 1, 1],
    )
    assert.ok(mute.requests.length > 0)
    await transport.close()
  })

  it('a call that waits by its nature is not moved elsewhere', async () => {
    const go = settler<void>()
    const answer = (_: unknown, response: Parameters<typeof answerJson>[0]): void => {
      void go.promise.then(() => answerJson(response, { key: 'YQ==' }))
    }
    await using first = await startGatewayPeer(answer)
    await using second = await startGatewayPeer(answer)
    const transport = transportTo([first.url, second.url])
    const locking = transport.unary(Lock.lock, { name: key }, { timeoutMs: 60_000 })
    const { length } = await within(firstRequest(first, second), 'the request')
    assert.equal(length, 1)
    go.resolve()
    await locking
    assert.equal(first.requests.length + second.requests.length, 1)
    await transport.close()
  })

  it('a deadline while the answer is waited for: unknown for a write, and nothing for a read', async () => {
    await using peer = await startGatewayPeer(() => undefined)
    const transport = transportTo(peer.url, { timeoutMs: 100 })
    const write = await etcdErrorOf(transport.unary(KV.put, { key }), 'deadline-exceeded')
    const read = await etcdErrorOf(transport.unary(KV.range, { key }), 'deadline-exceeded')
    assert.deepEqual([write.outcome, read.outcome], ['unknown', undefined])
    assert.equal(write.message, `no answer from ${peer.url} within 100 ms`)
    await transport.close()
  })

  it('the reason of a signal that aborts, before a call and within one, and the connection is closed', async () => {
    const arrived = settler<void>()
    const closed = settler<void>()
    await using peer = await startGatewayPeer((_, response) => {
      response.once('close', closed.resolve)
      arrived.resolve()
    })
    const transport = transportTo(peer.url)
    const reason = new Error('mine')
    const controller = new AbortController()
    const call = transport.unary(KV.put, { key }, { signal: controller.signal })
    await arrived.promise
    controller.abort(reason)
    await assert.rejects(call, reason)
    await within(closed.promise, 'the end of the connection')
    await assert.rejects(transport.unary(KV.put, { key }, { signal: controller.signal }), reason)
    assert.equal(peer.requests.length, 1)
    await transport.close()
  })

  it('close ends calls under way, and refuses those after it', async () => {
    const arrived = settler<void>()
    await using peer = await startGatewayPeer(() => arrived.resolve())
    const transport = transportTo(peer.url)
    const call = etcdErrorOf(transport.unary(KV.put, { key }), 'closed')
    await arrived.promise
    await transport.close()
    await transport.close()
    assert.equal((await call).outcome, 'unknown')
    const late = await etcdErrorOf(transport.unary(KV.put, { key }), 'closed')
    assert.equal(late.outcome, 'not-applied')
  })

  it('a call goes to the member it names, on the list or not', async () => {
    await using listed = await startGatewayPeer((_, response) => answerJson(response, rangeOf(1)))
    await using other = await startGatewayPeer((_, response) => answerJson(response, rangeOf(2)))
    const transport = transportTo(listed.url)
    const read = async (endpoint: string): Promise<number> => {
      return (await transport.unary(KV.range, { key }, { endpoint })).count
    }
    assert.deepEqual([await read(other.url), await read(listed.url)], [2, 1])
    await transport.close()
  })

  it('options that cannot be are refused before anything is sent', async () => {
    const transport = transportTo('http://127.0.0.1:1')
    for (const headers of [
      { Authorization: 'x' },
      { 'a b': 'x' },
      { a: 'b\r\nc: d' },
      { Host: 'x' },
    ]) {
      await assert.rejects(transport.unary(KV.range, {}, { headers }), CallOptionsError)
    }
    await assert.rejects(transport.unary(KV.range, {}, { endpoint: 'ftp://a' }), CallOptionsError)
    // Neither is a message that cannot be written.
    await assert.rejects(transport.unary(KV.range, { limit: 0.5 }), RangeError)
    await transport.close()
  })

  it('headers and the wish for a leader go along', async () => {
    await using peer = await startGatewayPeer((_, response) => answerJson(response, rangeOf(1)))
    const transport = transportTo(peer.url, { headers: { 'X-All': '1', 'x-both': '1' } })
    const options = { headers: { 'x-one': '2', 'X-Both': '2' }, requireLeader: true }
    await transport.unary(KV.range, { key }, options)
    await transport.unary(KV.range, { key })
    const seen = peer.requests.map(({ headers }) =>
      ['x-all', 'x-both', 'x-one', 'grpc-metadata-hasleader'].map((name) => headers[name]),
    )
    assert.deepEqual(seen, [
      ['1', '2', '2', 'true'],
      ['1', '1', undefined, undefined],
    ])
    await transport.close()
  })

  it('tells of connections, retries and endpoints that are out', async () => {
    const { url } = await closedOrigin()
    await using peer = await startGatewayPeer((_, response) => answerJson(response, rangeOf(1)))
    const transport = transportTo([url, peer.url])
    const events: ClientEvent[] = []
    transport.onEvent = (event) => events.push(event)
    await transport.unary(KV.range, { key })
    await transport.unary(KV.range, { key })
    const told = new Set(events.map(({ type }) => type))
    assert.deepEqual(told, new Set(['connected', 'ejected', 'retrying']))
    await transport.close()
  })

  it('setEndpoints moves calls, and endpoints says where they go', async () => {
    await using before = await startGatewayPeer((_, response) => answerJson(response, rangeOf(1)))
    await using after = await startGatewayPeer((_, response) => answerJson(response, rangeOf(2)))
    const transport = transportTo(before.url)
    assert.equal((await transport.unary(KV.range, { key })).count, 1)
    transport.setEndpoints([after.url])
    assert.deepEqual(transport.endpoints, [after.url])
    assert.equal((await transport.unary(KV.range, { key })).count, 2)
    assert.throws(() => transport.setEndpoints('ftp://a'), TypeError)
    await transport.close()
  })

  it('endpoints may have to be found first', async () => {
    await using peer = await startGatewayPeer((_, response) => answerJson(response, rangeOf(1)))
    let asked = 0
    const source = {
      name: 'a test',
      resolve: async () => {
        asked++
        if (asked === 1) throw new Error('not yet')
        return [peer.url]
      },
    }
    const transport = transportTo([], { endpoints: source })
    const reads = [1, 2].map(() => transport.unary(KV.range, { key }))
    await within(Promise.all(reads), 'the answers')
    assert.equal(asked, 2)
    await transport.close()
  })

  it('endpoints that cannot be found: why, and surely not applied', async () => {
    const source = { name: 'a test', resolve: () => Promise.reject(new Error('no such domain')) }
    const transport = transportTo([], { endpoints: source, timeoutMs: 200 })
    const error = await etcdErrorOf(transport.unary(KV.put, { key }), 'connection-failed')
    assert.equal(error.outcome, 'not-applied')
    assert.equal(error.message, 'cannot find endpoints by a test: no such domain')
    await transport.close()
  })
})

/** What has been asked of either, once something was. */
async function firstRequest(
  ...peers: readonly { readonly requests: readonly unknown[] }[]
): Promise<unknown[]> {
  for (;;) {
    const requests = peers.flatMap((peer) => peer.requests)
    if (requests.length > 0) return requests
    await new Promise((resolve) => setImmediate(resolve))
  }
}
