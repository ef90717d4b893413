// The header blocks of requests: what is in them, and that they are made once.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, Watch } from '@etcdkit/protocol'
import { HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { checkHeaders, RequestHeaders } from '../../../src/transport/grpc/request-headers.ts'

const options = {
  secure: false,
  authority: 'etcd.example:2379',
  userAgent: 'etcdkit/1.0',
  headers: { 'X-Tenant': 'blue' },
}

function fieldsOf(block: Uint8Array): (readonly [string, string])[] {
  const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 10_000 })
  return [...decoder.decode(block, 0, block.length)].map(
    ({ name, value }) => [name, value] as const,
  )
}

describe('RequestHeaders', () => {
  it("begins with the pseudo-header fields, then what gRPC and etcd ask for, then the caller's", () => {
    const block = new RequestHeaders(options).block(KV.put, undefined, undefined)
    assert.deepEqual(fieldsOf(block), [
      [':method', 'POST'],
      [':scheme', 'http'],
      [':path', '/etcdserverpb.KV/Put'],
      [':authority', 'etcd.example:2379'],
      ['te', 'trailers'],
      ['content-type', 'application/grpc'],
      ['user-agent', 'etcdkit/1.0'],
      ['client-api-version', '3.6'],
      ['x-tenant', 'blue'],
    ])
  })

  it('says https over TLS', () => {
    const block = new RequestHeaders({ ...options, secure: true }).block(
      KV.put,
      undefined,
      undefined,
    )
    assert.deepEqual(fieldsOf(block)[1], [':scheme', 'https'])
  })

  it('adds the token so that nobody on the way keeps it, and the wish for a leader', () => {
    const headers = new RequestHeaders(options)
    const block = headers.block(Watch.watch, { requireLeader: true }, 'secret')
    const fields = new Map(fieldsOf(block))
    assert.deepEqual([fields.get('token'), fields.get('hasleader')], ['secret', 'true'])
    // Never indexed, by a name of its own (RFC 7541, 6.2.3).
    const at = Buffer.from(block).indexOf(Buffer.from([0x10]))
    assert.notEqual(at, -1)
  })

  it('prefers the headers of the call to those of the client', () => {
    const call = { headers: { 'X-Tenant': 'red', extra: '1' } }
    const fields = fieldsOf(new RequestHeaders(options).block(KV.put, call, undefined))
    assert.deepEqual(fields.slice(-2), [
      ['x-tenant', 'red'],
      ['extra', '1'],
    ])
  })

  it('makes a block once for each method, with and without a leader, until the token changes', () => {
    const headers = new RequestHeaders(options)
    const block = headers.block(KV.put, undefined, undefined)
    assert.equal(headers.block(KV.put, { timeoutMs: 5 }, undefined), block)
    assert.notEqual(headers.block(KV.range, undefined, undefined), block)
    assert.notEqual(headers.block(KV.put, { requireLeader: true }, undefined), block)
    const renewed = headers.block(KV.put, undefined, 'token')
    assert.notEqual(renewed, block)
    assert.equal(headers.block(KV.put, undefined, 'token'), renewed)
    assert.deepEqual(headers.block(KV.put, undefined, undefined), block)
  })
})

describe('checkHeaders', () => {
  it('takes metadata', () => {
    checkHeaders(undefined)
    checkHeaders({})
    checkHeaders({ 'X-Tenant': 'blue', 'trace-id': '', a: 'v\xe4lue' })
  })

  for (const [name, headers] of [
    ['a pseudo-header field', { ':path': '/' }],
    ['te', { TE: 'trailers' }],
    ['content-type', { 'Content-Type': 'text/html' }],
    ['connection', { connection: 'close' }],
    ["gRPC's own", { 'Grpc-Timeout': '1S' }],
    ['a name with a space', { 'a b': 'x' }],
    ['an empty name', { '': 'x' }],
    ['a value with a line break', { a: 'x\r\nb: y' }],
    ['a value beyond latin1', { a: '€' }],
    ['a value that is no text', { a: 5 as unknown as string }],
    ['a text', 'a: b' as unknown as Record<string, string>],
    ['null', null as unknown as Record<string, string>],
  ] as const) {
    it(`refuses ${name}`, () => {
      assert.throws(() => checkHeaders(headers), TypeError)
    })
  }
})
