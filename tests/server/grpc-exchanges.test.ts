// gRPC at its edges: the same bytes sent to the embedded server and to etcd are answered with the same.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { encodeUtf8, KV, Lease, Maintenance, PutRequest, Watch } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import {
  connectRaw,
  framed,
  type RawAnswer,
  type RawConnection,
  type RawRequest,
} from '../../packages/server/test/v3/raw-grpc.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'

const put = framed(PutRequest.encode({ key: encodeUtf8('a'), value: encodeUtf8('1') }))
const nothing = framed(new Uint8Array(0))
const large = (bytes: number): Buffer =>
  framed(PutRequest.encode({ key: encodeUtf8('abc'), value: new Uint8Array(bytes) }))

const exchanges: Readonly<Record<string, RawRequest>> = {
  'a put': { path: KV.put.path, body: [put] },
  'a put in pieces': {
    path: KV.put.path,
    body: [put.subarray(0, 3), put.subarray(3, 7), put.subarray(7)],
  },
  'a put with the client side left open': { path: KV.put.path, body: [put], open: true },
  'two puts in one call': { path: KV.put.path, body: [put, put] },
  'an empty put': { path: KV.put.path, body: [nothing] },
  'no message': { path: KV.put.path, body: [] },
  'half a message': { path: KV.put.path, body: [put.subarray(0, 8)] },
  'half a prefix': { path: KV.put.path, body: [put.subarray(0, 3)] },
  'a message that is none': { path: KV.put.path, body: [framed(encodeUtf8('no message'))] },
  'a compressed message': { path: KV.put.path, body: [framed(encodeUtf8('x'), 1)] },
  'a message compressed with gzip': {
    path: KV.put.path,
    headers: { 'grpc-encoding': 'gzip' },
    body: [framed(encodeUtf8('x'), 1)],
  },
  'an unknown flag': { path: KV.put.path, body: [framed(encodeUtf8('x'), 2)] },
  'the largest value': { path: KV.put.path, body: [large(1572864 - 28)] },
  'a value too large': { path: KV.put.path, body: [large(1572864 - 24)] },
  'a message too large': { path: KV.put.path, body: [large(2097152)] },
  'a key empty and a value too large': {
    path: KV.put.path,
    body: [framed(PutRequest.encode({ value: new Uint8Array(1_600_000) }))],
  },
  'an unknown method': { path: '/etcdserverpb.KV/Nothing', body: [nothing] },
  'an unknown service': { path: '/etcdserverpb.Nothing/Put', body: [nothing] },
  'a path that is none': { path: '/nothing', body: [nothing] },
  'a path with three parts': { path: '/a/b/c', body: [nothing] },
  'content type with a codec': {
    path: KV.put.path,
    headers: { 'content-type': 'application/grpc+proto' },
    body: [put],
  },
  'keep-alive without a request': { path: Lease.leaseKeepAlive.path, body: [] },
  'keep-alive of nothing': { path: Lease.leaseKeepAlive.path, body: [nothing] },
  'keep-alive cut off': { path: Lease.leaseKeepAlive.path, body: [nothing, put.subarray(0, 7)] },
  'keep-alive of no message': {
    path: Lease.leaseKeepAlive.path,
    body: [framed(encodeUtf8('no message'))],
  },
  'a watch of no message': { path: Watch.watch.path, body: [framed(encodeUtf8('no message'))] },
  'a watch message too large': { path: Watch.watch.path, body: [large(2097152)] },
  'a put with a limit of time': {
    path: KV.put.path,
    headers: { 'grpc-timeout': '60S' },
    body: [put],
  },
  'a put with no limit that is one': {
    path: KV.put.path,
    headers: { 'grpc-timeout': 'soon' },
    body: [put],
  },
  'a put with no time at all': {
    path: KV.put.path,
    headers: { 'grpc-timeout': '0n' },
    body: [put],
  },
  'health of the whole': { path: '/grpc.health.v1.Health/Check', body: [nothing] },
  'health of an unknown service': {
    path: '/grpc.health.v1.Health/Check',
    body: [framed(Buffer.from('0a0178', 'hex'))],
  },
  'hash at a revision to come': {
    path: Maintenance.hashKV.path,
    body: [framed(Maintenance.hashKV.input.encode({ revision: 1000 }))],
  },
}

describeWith(etcdRequirement('3.5'), 'gRPC exchanges with the embedded server', () => {
  let server: EtcdServer
  let etcd: RunningEtcd
  let toServer: RawConnection
  let toEtcd: RawConnection
  before(async () => {
    server = await EtcdServer.listen({ port: 0 })
    etcd = await startEtcd({ version: '3.5' })
    toServer = await connectRaw(server.endpoint)
    toEtcd = await connectRaw(etcd.endpoints[0] ?? '')
  })
  after(async () => {
    await toServer[Symbol.asyncDispose]()
    await toEtcd[Symbol.asyncDispose]()
    await server.close()
    await etcd[Symbol.asyncDispose]()
  })

  for (const [name, request] of Object.entries(exchanges)) {
    it(`${name} is answered alike`, { timeout: 120_000 }, async () => {
      const expected = describeAnswer(await toEtcd.call(request))
      assert.deepEqual(describeAnswer(await toServer.call(request)), expected)
    })
  }
})

/** Why bytes are no message, and why a time is none, is said in the words of who reads them. */
const ownWords =
  /^(grpc: (?:error unm|failed to unm|failed to decompress).*?:|malformed grpc-timeout).*/

/** What is compared: not the messages, which tell of revisions and ids, but how many and all around them. */
function describeAnswer(answer: RawAnswer): object {
  const text = String(answer.trailers['grpc-message'] ?? answer.headers['grpc-message'])
  const message = text.replace(ownWords, '$1')
  return {
    headers: withoutMessage(answer.headers),
    trailersOnly: answer.trailersOnly,
    trailers: withoutMessage(answer.trailers),
    message,
    messages: answer.messages.length,
    resetCode: answer.resetCode,
  }
}

function withoutMessage(headers: RawAnswer['headers']): object {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'grpc-message'))
}
