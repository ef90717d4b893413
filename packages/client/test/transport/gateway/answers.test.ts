// What answers mean: messages, both forms of a gateway's errors, and what proxies say.

import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { EtcdError, type EtcdErrorCode, KV, Lease } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { answerJson, startGatewayPeer, transportTo } from './gateway-peer.ts'

const key = new TextEncoder().encode('a')
// One attempt each: what may be repeated is another file's.
const timeoutMs = 300

/** The error of a put that is answered so. */
async function errorOfPut(answer: (response: ServerResponse) => void): Promise<EtcdError> {
  await using peer = await startGatewayPeer((_, response) => answer(response))
  const transport = transportTo(peer.url, { maxMessageBytes: 100_000 })
  try {
    await transport.unary(KV.put, { key })
  } catch (error) {
    assert.ok(error instanceof EtcdError, String(error))
    assert.equal(error.endpoint, peer.url)
    return error
  } finally {
    await transport.close()
  }
  return assert.fail('the put was answered')
}

describe('answers of a gateway', () => {
  failOnLeaks()

  it('a message, with what is not known in it left out', async () => {
    await using peer = await startGatewayPeer((_, response) => {
      answerJson(response, { count: '2', more: true, news: [1], header: { revision: '7' } })
    })
    const transport = transportTo(peer.url)
    const { count, more, header, kvs } = await transport.unary(KV.range, { key })
    assert.deepEqual([count, more, header?.revision, kvs], [2, true, 7, []])
    const [request] = peer.requests
    assert.deepEqual([request?.method, request?.path], ['POST', '/v3/kv/range'])
    assert.deepEqual(JSON.parse(request?.body ?? ''), { key: 'YQ==' })
    assert.equal(request?.headers['content-type'], 'application/json')
    await transport.close()
  })

  const message = 'etcdserver: requested lease not found'
  const forms: readonly [string, object][] = [
    ['v1', { error: message, message, code: 5 }],
    ['v2', { code: 5, message }],
    ['v2 with details', { code: 5, message, details: [] }],
    ['v1 without a message', { error: message, code: 5 }],
    ['a stream', { error: { code: 5, message, details: [] } }],
    ['a stream of v1', { error: { grpc_code: 5, http_code: 404, message, http_status: 'N' } }],
  ]
  for (const [name, body] of forms) {
    it(`an error in the form of ${name}`, async () => {
      const error = await errorOfPut((response) => answerJson(response, body, 404))
      assert.deepEqual([error.code, error.outcome], ['lease-not-found', 'not-applied'])
      assert.equal(error.message, 'requested lease not found')
    })
  }

  const statuses: readonly [number, EtcdErrorCode, 'not-applied' | 'unknown'][] = [
    [301, 'unknown', 'unknown'],
    [400, 'failed-precondition', 'not-applied'],
    [401, 'unauthenticated', 'not-applied'],
    [403, 'permission-denied', 'not-applied'],
    [404, 'unimplemented', 'not-applied'],
    [405, 'unimplemented', 'not-applied'],
    [413, 'request-too-large', 'not-applied'],
    [418, 'unknown', 'unknown'],
    [429, 'unavailable', 'unknown'],
    [500, 'unknown', 'unknown'],
    [502, 'unavailable', 'unknown'],
    [503, 'unavailable', 'unknown'],
    [504, 'unavailable', 'unknown'],
  ]
  for (const [status, code, outcome] of statuses) {
    it(`the page of a proxy with status ${status}: ${code}`, async () => {
      const error = await errorOfPut((response) => {
        response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>Sorry</h1>')
      })
      assert.deepEqual([error.code, error.outcome], [code, outcome])
      if (status !== 413) assert.match(error.message, new RegExp(`HTTP ${status}$`))
    })
  }

  it('a reason in plain text is told, of one line', async () => {
    const errors = ['CommonName will be ignored\n', 'two\nlines', 'x'.repeat(1000)].map((text) =>
      errorOfPut((response) => response.writeHead(400).end(text)),
    )
    assert.deepEqual(
      (await Promise.all(errors)).map(({ message }) => message),
      [
        'the server answered HTTP 400: CommonName will be ignored',
        'the server answered HTTP 400',
        'the server answered HTTP 400',
      ],
    )
  })

  it('a path the gateway does not have, as v2 says it: unimplemented', async () => {
    const error = await errorOfPut((response) => {
      answerJson(response, { code: 5, message: 'Not Found' }, 404)
    })
    assert.deepEqual([error.code, error.outcome], ['unimplemented', 'not-applied'])
  })

  const nonsense: readonly [string, string | Uint8Array, EtcdErrorCode][] = [
    ['a page', '<html></html>', 'protocol-error'],
    ['nothing', '', 'protocol-error'],
    ['half of it', '{"header":{"rev', 'protocol-error'],
    ['what is not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'protocol-error'],
    ['an array', '[]', 'decode-failed'],
    ['null', 'null', 'decode-failed'],
    ['a wrong type', '{"header":{"revision":true}}', 'decode-failed'],
    ['a revision beyond numbers', '{"header":{"revision":"9223372036854775807"}}', 'decode-failed'],
    ['more than is accepted', `{"x":"${'y'.repeat(200_000)}"}`, 'message-too-large'],
  ]
  for (const [name, body, code] of nonsense) {
    it(`status 200 with ${name}: ${code}, and perhaps applied`, async () => {
      const error = await errorOfPut((response) => response.writeHead(200).end(body))
      assert.deepEqual([error.code, error.outcome], [code, 'unknown'])
    })
  }

  it('an answer that ends early: connection-lost, and perhaps applied', async () => {
    const error = await errorOfPut((response) => {
      response.writeHead(200, { 'content-length': '50' })
      response.write('{', () => response.destroy())
    })
    assert.deepEqual([error.code, error.outcome], ['connection-lost', 'unknown'])
  })

  it('a renewal is answered by a stream of one message', async () => {
    await using peer = await startGatewayPeer((_, response) => {
      answerJson(response, { result: { ID: '7', TTL: '3' } })
    })
    const transport = transportTo(peer.url)
    const stream = transport.stream(Lease.leaseKeepAlive, { timeoutMs })
    stream.send({ ID: '7' })
    stream.end()
    const answers = []
    for await (const { ID, TTL } of stream) answers.push([ID, TTL])
    assert.deepEqual(answers, [['7', 3]])
    await transport.close()
  })
})
