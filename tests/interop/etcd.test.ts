// Our engine and real etcd (grpc-go): plain, TLS, mutual TLS, a unix socket; and what happens when it goes away.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { KV, Maintenance, Watch } from '@etcdkit/protocol'
import { GrpcTransport } from '../../packages/client/src/transport/grpc/grpc-transport.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { describeWith, etcdRequirement, forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

const encode = (text: string) => new TextEncoder().encode(text)

/** Runs a body with a transport, and closes it. */
async function withTransport<T>(
  options: ConstructorParameters<typeof GrpcTransport>[0],
  body: (transport: GrpcTransport) => Promise<T>,
): Promise<T> {
  const transport = new GrpcTransport(options)
  try {
    return await body(transport)
  } finally {
    await transport.close()
  }
}

/** Puts a value and reads it back. */
async function assertRoundTrip(transport: GrpcTransport, size: number): Promise<void> {
  const key = encode(uniquePrefix())
  const value = randomBytes(size)
  await transport.unary(KV.put, { key, value })
  const { kvs } = await transport.unary(KV.range, { key })
  assert(Buffer.from(kvs[0]?.value ?? []).equals(value))
}

const real = { only: ['etcd 3.4', 'etcd 3.5'] }

forEachServer(
  'gRPC',
  (server) => {
    failOnLeaks()

    it('carries values of every size that etcd takes', () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        for (const size of [0, 1, 16_384, 65_536, 1_400_000]) await assertRoundTrip(transport, size)
      }))

    it('carries many large calls at once', () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        await Promise.all(Array.from({ length: 20 }, () => assertRoundTrip(transport, 500_000)))
      }))

    it('carries thousands of calls, one after the other: what etcd asks by PING meanwhile is no flood', () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        const key = encode(uniquePrefix())
        for (let count = 0; count < 12_000; count++) await transport.unary(KV.range, { key })
        await transport.unary(KV.put, { key })
      }))

    it("gives etcd's errors by their codes", () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        await assert.rejects(transport.unary(KV.put, {}), {
          code: 'empty-key',
          outcome: 'not-applied',
        })
        await assert.rejects(transport.unary(KV.range, { key: encode('a'), revision: 1e9 }), {
          code: 'future-revision',
        })
        await assert.rejects(
          transport.unary(KV.put, { key: encode('a'), value: new Uint8Array(3_000_000) }),
          { code: 'request-too-large', outcome: 'not-applied' },
        )
      }))

    it('refuses an answer over the limit, and goes on', () =>
      withTransport({ endpoints: server.endpoints, maxMessageBytes: 10_000 }, async (transport) => {
        const key = encode(uniquePrefix())
        await transport.unary(KV.put, { key, value: new Uint8Array(50_000) })
        await assert.rejects(transport.unary(KV.range, { key }), { code: 'message-too-large' })
        assert.equal((await transport.unary(KV.range, { key, countOnly: true })).count, 1)
      }))

    it('carries a watch in both directions', () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        const key = encode(uniquePrefix())
        const stream = transport.stream(Watch.watch)
        stream.send({ createRequest: { key } })
        const messages = stream[Symbol.asyncIterator]()
        assert.equal((await messages.next()).value?.created, true)
        for (let count = 0; count < 100; count++) {
          await transport.unary(KV.put, { key, value: encode(`${count}`) })
        }
        let seen = 0
        while (seen < 100) seen += (await messages.next()).value?.events.length ?? 100
        assert.equal(seen, 100)
        stream.cancel()
      }))

    it('carries a snapshot as a stream', () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        const stream = transport.stream(Maintenance.snapshot)
        stream.send({})
        stream.end()
        let bytes = 0
        for await (const { blob } of stream) bytes += blob.length
        assert(bytes > 10_000)
      }))

    it('carries calls that are given up, hundreds at once, beside those that are not', () =>
      withTransport({ endpoints: server.endpoints }, async (transport) => {
        const key = encode(uniquePrefix())
        const calls = Array.from({ length: 600 }, (_, index) => {
          const signal = index % 2 === 0 ? AbortSignal.timeout(1) : undefined
          return transport.unary(KV.range, { key }, { signal })
        })
        const results = await Promise.allSettled(calls)
        for (const [index, { status }] of results.entries()) {
          if (index % 2 === 1) assert.equal(status, 'fulfilled')
        }
      }))
  },
  real,
)

describeWith(etcdRequirement('3.5'), 'gRPC over TLS', () => {
  failOnLeaks()

  it('trusts etcd by its authority, and says when it does not', async () => {
    await using etcd = await startEtcd({ version: '3.5', tls: 'server' })
    const { endpoints } = etcd
    await withTransport({ endpoints, tls: { ca: etcd.tls?.ca } }, (transport) =>
      assertRoundTrip(transport, 1_000_000),
    )
    const plain = endpoints.map((endpoint) => endpoint.replace('https:', 'http:'))
    // A call that cannot succeed takes all its time.
    await Promise.all([
      withTransport({ endpoints, timeoutMs: 2000 }, (transport) =>
        assert.rejects(assertRoundTrip(transport, 1), { code: 'tls-failed' }),
      ),
      withTransport({ endpoints: plain, timeoutMs: 2000 }, (transport) =>
        assert.rejects(assertRoundTrip(transport, 1), { code: 'http2-failed' }),
      ),
    ])
  })

  it('shows etcd a certificate, and says that etcd refuses to go without', async () => {
    await using etcd = await startEtcd({ version: '3.5', tls: 'mutual' })
    const { endpoints } = etcd
    const { ca, clientCert: cert, clientKey: key } = etcd.tls ?? assert.fail()
    await withTransport({ endpoints, tls: { ca, cert, key } }, (transport) =>
      assertRoundTrip(transport, 1_000_000),
    )
    await withTransport({ endpoints, tls: { ca }, timeoutMs: 2000 }, (transport) =>
      assert.rejects(assertRoundTrip(transport, 1), { code: 'tls-failed', message: /certificate/ }),
    )
  })

  it('speaks over a unix socket', async () => {
    await using etcd = await startEtcd({ version: '3.5', unixSocket: true })
    const path = etcd.members[0]?.socketPath
    await withTransport({ endpoints: `unix:${path}` }, (transport) =>
      assertRoundTrip(transport, 1_000_000),
    )
  })
})

describeWith(etcdRequirement('3.5'), 'gRPC when etcd goes away', () => {
  failOnLeaks()

  /** The one member. */
  function memberOf(etcd: RunningEtcd): RunningEtcd['members'][number] {
    return etcd.members[0] ?? assert.fail()
  }

  it('killed, its streams fail as lost, and calls succeed again once it is back', async () => {
    await using etcd = await startEtcd({ version: '3.5' })
    await withTransport({ endpoints: etcd.endpoints, timeoutMs: 20_000 }, async (transport) => {
      const stream = transport.stream(Watch.watch)
      stream.send({ createRequest: { key: encode('a') } })
      const messages = stream[Symbol.asyncIterator]()
      await messages.next()
      const lost = assert.rejects(messages.next(), { code: 'connection-lost' })
      await memberOf(etcd).kill()
      await lost
      const read = transport.unary(KV.range, { key: encode('a') })
      await memberOf(etcd).restart()
      assert.equal((await read).count, 0)
    })
  })

  it('stopped politely, its watches end, and writes that were not sent wait for it to come back', async () => {
    await using etcd = await startEtcd({ version: '3.5' })
    await withTransport({ endpoints: etcd.endpoints, timeoutMs: 20_000 }, async (transport) => {
      const stream = transport.stream(Watch.watch)
      stream.send({ createRequest: { key: encode('a') } })
      const messages = stream[Symbol.asyncIterator]()
      await messages.next()
      const ended = messages.next().then(
        ({ done }) => done,
        (error: { readonly name: string }) => error.name,
      )
      await memberOf(etcd).stop()
      assert(['EtcdError', true].includes((await ended) ?? false))
      const write = transport.unary(KV.put, { key: encode('a') })
      await memberOf(etcd).restart()
      await write
    })
  })

  it('frozen, its calls end by their deadline, and it is used again once it goes on', async () => {
    await using etcd = await startEtcd({ version: '3.5' })
    await withTransport({ endpoints: etcd.endpoints }, async (transport) => {
      await assertRoundTrip(transport, 10)
      await memberOf(etcd).pause()
      const calls = Array.from({ length: 50 }, () =>
        assert.rejects(transport.unary(KV.put, { key: encode('a') }, { timeoutMs: 100 }), {
          code: 'deadline-exceeded',
          outcome: 'unknown',
        }),
      )
      await Promise.all(calls)
      memberOf(etcd).resume()
      await assertRoundTrip(transport, 10)
    })
  })
})
