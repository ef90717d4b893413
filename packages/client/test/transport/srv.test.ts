// Clusters found by DNS, from a name server that answers over UDP.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError, KV } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { GrpcTransport } from '../../src/transport/grpc/grpc-transport.ts'
import { srv } from '../../src/transport/srv.ts'
import { ScriptedPeer } from '../http2/scripted-peer.ts'
import { within } from '../http2/within.ts'
import { DnsServer } from './dns-server.ts'
import { answer, countBody } from './grpc/grpc-peer.ts'

const signal = new AbortController().signal

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function codeOf(error: unknown): string {
  return error instanceof EtcdError ? error.code : 'deadline-exceeded'
}

describe('srv', () => {
  failOnLeaks()

  it('finds https endpoints by -ssl records and http ones by the others, by priority', async () => {
    await using dns = await DnsServer.start()
    dns.records.set('_etcd-client-ssl._tcp.example.com', [
      { target: 'b.example.com', port: 2379, priority: 20 },
      { target: 'a.example.com', port: 12379, priority: 10 },
    ])
    dns.records.set('_etcd-client._tcp.example.com', [{ target: 'c.example.com', port: 2379 }])
    const both = srv('example.com', { resolver: dns.resolver() })
    assert.deepEqual(await both.resolve(signal), [
      'https://a.example.com:12379',
      'https://b.example.com:2379',
      'http://c.example.com:2379',
    ])
    const plain = srv('example.com', { resolver: dns.resolver(), scheme: 'http' })
    assert.deepEqual(await plain.resolve(signal), ['http://c.example.com:2379'])
  })

  it('looks for the records of the service and the cluster that are named', async () => {
    await using dns = await DnsServer.start()
    dns.records.set('_etcd-client-blue._tcp.example.com', [{ target: 'a', port: 1 }])
    dns.records.set('_kv-ssl._tcp.example.com', [{ target: 'b', port: 2 }])
    const resolver = dns.resolver()
    const named = srv('example.com', { name: 'blue', resolver })
    assert.deepEqual(await named.resolve(signal), ['http://a:1'])
    const service = srv('example.com', { service: 'kv', scheme: 'https', resolver })
    assert.deepEqual(await service.resolve(signal), ['https://b:2'])
    assert.deepEqual(dns.asked.sort(), [
      '_etcd-client-blue._tcp.example.com',
      '_etcd-client-ssl-blue._tcp.example.com',
      '_kv-ssl._tcp.example.com',
    ])
  })

  it('tells when there are no records', async () => {
    await using dns = await DnsServer.start()
    await assert.rejects(srv('example.com', { resolver: dns.resolver() }).resolve(signal), {
      code: 'dns-failed',
      message: /^cannot look up _etcd-client-ssl\._tcp\.example\.com or .+: DNS: .*ENOTFOUND/,
    })
  })

  it('refuses what is no domain and no option, before any I/O', () => {
    for (const domain of ['', 'a b', 'http://example.com', 7 as unknown as string]) {
      assert.throws(() => srv(domain), TypeError)
    }
    assert.throws(() => srv('a', { scheme: 'unix' as 'http' }), TypeError)
    assert.throws(() => srv('a', { service: 'a.b' }), TypeError)
    assert.throws(() => srv('a', { scema: 'http' } as object), TypeError)
  })
})

describe('lessons 1.15: a transport with srv', () => {
  failOnLeaks()

  it('asks at the first call, and again when nobody can be reached', async () => {
    await using dns = await DnsServer.start()
    await using peer = await ScriptedPeer.listen()
    const service = '_etcd-client._tcp.localhost'
    const gone = await ScriptedPeer.listen()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    dns.records.set(service, [{ target: 'localhost', port }])
    const endpoints = srv('localhost', { scheme: 'http', resolver: dns.resolver() })
    const transport = new GrpcTransport({ endpoints, timeoutMs: 60_000 })
    assert.deepEqual([transport.endpoints, dns.asked], [[], []])
    const connecting = new Promise((resolve) => {
      transport.onEvent = ({ type }) => {
        if (type === 'ejected') resolve(type)
      }
    })
    const call = transport.unary(KV.range, {})
    await connecting
    assert.deepEqual([transport.endpoints, dns.asked], [[`http://localhost:${port}`], [service]])
    dns.records.set(service, [{ target: 'localhost', port: peer.port }])
    const server = await peer.accept()
    answer(server, (await server.until('HEADERS')).streamId, countBody(3))
    assert.equal((await call).count, 3)
    assert.deepEqual(transport.endpoints, [`http://localhost:${peer.port}`])
    await transport.close()
  })

  it('tells calls why there are no endpoints, and asks again for the next', async () => {
    await using dns = await DnsServer.start()
    await using peer = await ScriptedPeer.listen()
    const endpoints = srv('localhost', { scheme: 'http', resolver: dns.resolver() })
    const transport = new GrpcTransport({ endpoints })
    let error: unknown
    // However long the answer takes.
    for (let timeoutMs = 200; codeOf(error) === 'deadline-exceeded'; timeoutMs *= 2) {
      error = await transport.unary(KV.put, {}, { timeoutMs }).catch((reason: unknown) => reason)
    }
    assert(error instanceof EtcdError)
    assert.deepEqual([error.code, error.outcome], ['dns-failed', 'not-applied'])
    assert.match(error.message, /^cannot look up _etcd-client\._tcp\.localhost: DNS: /)
    dns.records.set('_etcd-client._tcp.localhost', [{ target: 'localhost', port: peer.port }])
    const call = transport.unary(KV.range, {}, { timeoutMs: 60_000 })
    const server = await peer.accept()
    answer(server, (await server.until('HEADERS')).streamId, countBody(3))
    assert.equal((await call).count, 3)
    await transport.close()
  })

  it('lets go of a name server that is silent when it is closed', async () => {
    await using dns = await DnsServer.start()
    dns.silent = true
    const transport = new GrpcTransport({
      endpoints: srv('localhost', { resolver: dns.resolver() }),
    })
    const call = assert.rejects(transport.unary(KV.range, {}), { code: 'closed' })
    while (dns.asked.length < 2) await turn()
    await within(transport.close(), 'close')
    await call
  })

  it('asks no more after endpoints were set by hand, unless told to', async () => {
    await using dns = await DnsServer.start()
    const gone = await ScriptedPeer.listen()
    const { endpoint } = gone
    await gone[Symbol.asyncDispose]()
    for (const keepSource of [true, false]) {
      const transport = new GrpcTransport({
        endpoints: srv('localhost', { resolver: dns.resolver() }),
      })
      const ejected = new Promise((resolve) => {
        transport.onEvent = ({ type }) => {
          if (type === 'ejected') resolve(type)
        }
      })
      transport.setEndpoints(endpoint, { keepSource })
      const call = assert.rejects(transport.unary(KV.range, {}, { timeoutMs: 0 }), {
        code: 'closed',
      })
      await ejected
      while (keepSource && dns.asked.length === 0) await turn()
      assert.equal(dns.asked.splice(0).length > 0, keepSource)
      await transport.close()
      await call
    }
  })
})
