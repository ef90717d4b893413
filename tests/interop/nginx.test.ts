// Our engine and nginx's `grpc_pass`: another HTTP/2 in front of etcd, with its own windows, limits and GOAWAY.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, it } from 'node:test'
import { KV, Watch } from '@etcdkit/protocol'
import { GrpcTransport } from '../../packages/client/src/transport/grpc/grpc-transport.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { type NginxOptions, startNginx } from '../support/nginx.ts'
import { describeWith, etcdRequirement, nginxRequirement } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

const encode = (text: string) => new TextEncoder().encode(text)

describeWith(etcdRequirement('3.5'), 'gRPC', () => {
  describeWith(nginxRequirement(), 'gRPC', () => {
    let etcd: RunningEtcd | undefined
    before(async () => {
      etcd = await startEtcd({ version: '3.5' })
    })
    after(async () => {
      await etcd?.[Symbol.asyncDispose]()
    })
    failOnLeaks()

    /** Starts a proxy in front of etcd, and runs a body with a transport that goes through it. */
    async function throughProxy(
      options: Partial<NginxOptions>,
      body: (transport: GrpcTransport) => Promise<void>,
    ): Promise<void> {
      await using proxy = await startNginx({ upstreams: etcd?.endpoints ?? [], ...options })
      const tls = proxy.tls === undefined ? undefined : { ca: proxy.tls.ca }
      const transport = new GrpcTransport({ endpoints: proxy.endpoint, tls })
      try {
        await body(transport)
      } finally {
        await transport.close()
      }
    }

    for (const listen of ['h2c', 'tls'] as const) {
      it(`carries calls and bodies of every size over ${listen}`, () =>
        throughProxy({ listen }, async (transport) => {
          for (const size of [0, 1, 16_384, 100_000, 1_400_000]) {
            const key = encode(uniquePrefix())
            const value = randomBytes(size)
            await transport.unary(KV.put, { key, value })
            const { kvs } = await transport.unary(KV.range, { key })
            assert(Buffer.from(kvs[0]?.value ?? []).equals(value))
          }
        }))
    }

    it('carries a watch in both directions', () =>
      throughProxy({}, async (transport) => {
        const key = encode(uniquePrefix())
        const stream = transport.stream(Watch.watch)
        stream.send({ createRequest: { key } })
        const messages = stream[Symbol.asyncIterator]()
        assert.equal((await messages.next()).value?.created, true)
        await transport.unary(KV.put, { key })
        assert.equal((await messages.next()).value?.events.length, 1)
        stream.send({ createRequest: { key } })
        assert.equal((await messages.next()).value?.created, true)
        stream.cancel()
      }))

    it("gives etcd's errors by their codes", () =>
      throughProxy({}, async (transport) => {
        await assert.rejects(transport.unary(KV.put, {}), { code: 'empty-key' })
      }))

    it('loses no call to a GOAWAY after every ten of them', () =>
      throughProxy({ directives: { keepalive_requests: '10' } }, async (transport) => {
        const key = encode(uniquePrefix())
        for (let count = 0; count < 25; count++) await transport.unary(KV.put, { key })
        await Promise.all(Array.from({ length: 200 }, () => transport.unary(KV.put, { key })))
        const { kvs } = await transport.unary(KV.range, { key })
        // Neither lost nor doubled.
        assert.equal(kvs[0]?.version, 225)
      }))

    it('keeps to a limit of concurrent streams', () =>
      throughProxy({ directives: { http2_max_concurrent_streams: '3' } }, async (transport) => {
        const key = encode(uniquePrefix())
        await Promise.all(Array.from({ length: 300 }, () => transport.unary(KV.put, { key })))
        assert.equal((await transport.unary(KV.range, { key })).kvs[0]?.version, 300)
      }))

    it('tells HTTP 502 as unavailable when etcd is not there', () =>
      throughProxy({ upstreams: ['http://127.0.0.1:1'] }, async (transport) => {
        const write = transport.unary(KV.put, { key: encode('a') })
        await assert.rejects(write, {
          code: 'unavailable',
          message: /HTTP 502/,
          outcome: 'unknown',
        })
        const stream = transport.stream(Watch.watch)
        await assert.rejects(stream[Symbol.asyncIterator]().next(), { code: 'unavailable' })
      }))
  })
})
