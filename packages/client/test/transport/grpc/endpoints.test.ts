// Several members behind one transport: who gets calls, what becomes of them when a member goes silent, refuses or leaves
// the list, and what is told of it.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ClientEvent, EtcdError, KV, Maintenance, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import type { GrpcTransportOptions } from '../../../src/transport/grpc/grpc-options.ts'
import { GrpcTransport } from '../../../src/transport/grpc/grpc-transport.ts'
import { goawayFrame } from '../../http2/frames.ts'
import { type ScriptedConnection, ScriptedPeer } from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody, refuse } from './grpc-peer.ts'

/** Members, a transport that is connected to all of them, and the events it tells. */
class Cluster implements AsyncDisposable {
  readonly peers: readonly ScriptedPeer[]
  readonly transport: GrpcTransport
  readonly servers: ScriptedConnection[] = []
  readonly events: ClientEvent[] = []
  #wake: () => void = () => {}

  private constructor(peers: readonly ScriptedPeer[], options: GrpcTransportOptions) {
    this.peers = peers
    const endpoints = peers.map(({ endpoint }) => endpoint)
    this.transport = new GrpcTransport({ endpoints, timeoutMs: 60_000, ...options })
    this.transport.onEvent = (event) => {
      this.events.push(event)
      this.#wake()
    }
  }

  static async start(size: number, options: GrpcTransportOptions = {}): Promise<Cluster> {
    const peers = await Promise.all(Array.from({ length: size }, () => ScriptedPeer.listen()))
    const cluster = new Cluster(peers, options)
    for (const { endpoint } of peers) {
      const call = cluster.transport.unary(KV.range, {}, { endpoint })
      const server = await peers[cluster.servers.length]?.accept()
      assert(server)
      cluster.servers.push(server)
      await Promise.all([answerNext(server), call])
    }
    for (let seen = 0; seen < size; seen++) await cluster.event('connected')
    return cluster
  }

  server(index: number): ScriptedConnection {
    const server = this.servers[index]
    assert(server)
    return server
  }

  endpoint(index: number): string {
    return this.peers[index]?.endpoint ?? ''
  }

  /** The next event of a type; those before it are passed over. */
  async event<T extends ClientEvent['type']>(type: T): Promise<Extract<ClientEvent, { type: T }>> {
    for (;;) {
      const event = this.events.shift()
      // Found by its type.
      if (event?.type === type) return event as Extract<ClientEvent, { type: T }>
      if (event !== undefined) continue
      const woken = new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      await within(woken, `the event ${type}`)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.transport.close()
    for (const peer of this.peers) await peer[Symbol.asyncDispose]()
  }
}

/** Answers the next call of a member. */
async function answerNext(server: ScriptedConnection, count = 0): Promise<void> {
  const { streamId } = await server.until('HEADERS')
  answer(server, streamId, countBody(count))
}

/** Answers all calls of a member until it ends. */
async function serve(server: ScriptedConnection, count: number): Promise<void> {
  for (;;) await answerNext(server, count)
}

describe('lessons 1.5: a member that fails while others work', () => {
  failOnLeaks()

  it('is left out from its first failure until a probe of its own has succeeded', async () => {
    await using cluster = await Cluster.start(2)
    const [bad, good] = [cluster.server(0), cluster.server(1)]
    const serving = assert.rejects(serve(good, 1))
    const calls = [1, 2].map(() => cluster.transport.unary(KV.range, {}))
    refuse(bad, (await bad.until('HEADERS')).streamId, '14', 'etcdserver: no leader')
    assert.deepEqual(
      (await Promise.all(calls)).map(({ count }) => count),
      [1, 1],
    )
    const ejected = await cluster.event('ejected')
    assert.deepEqual([ejected.endpoint, ejected.error.code], [cluster.endpoint(0), 'no-leader'])
    const retrying = await cluster.event('retrying')
    assert.deepEqual(
      [retrying.method, retrying.attempt, retrying.endpoint, retrying.error.code],
      ['etcdserverpb.KV/Range', 2, cluster.endpoint(0), 'no-leader'],
    )
    // Calls bring the probes along, and none of them goes to the member.
    const probed = bad.until('HEADERS')
    let isProbed = false
    void probed.then(() => {
      isProbed = true
    })
    while (!isProbed) assert.equal((await cluster.transport.unary(KV.range, {})).count, 1)
    answer(bad, (await probed).streamId, countBody(0))
    assert.equal((await cluster.event('restored')).endpoint, cluster.endpoint(0))
    const back = assert.rejects(serve(bad, 2))
    const counts = [1, 2].map(() => cluster.transport.unary(KV.range, {}))
    assert.deepEqual((await Promise.all(counts)).map(({ count }) => count).sort(), [1, 2])
    await cluster.transport.close()
    await Promise.all([serving, back])
  })

  it('D7: that is silent has its reads moved to others, and stays out until it is heard of', async () => {
    await using cluster = await Cluster.start(2)
    const [silent, good] = [cluster.server(0), cluster.server(1)]
    const serving = assert.rejects(serve(good, 1))
    const reads = Array.from({ length: 6 }, () => cluster.transport.unary(KV.range, {}))
    const write = cluster.transport.unary(KV.put, {}, { endpoint: cluster.endpoint(0) })
    assert.deepEqual(
      (await Promise.all(reads)).map(({ count }) => count),
      Array(6).fill(1),
    )
    const ejected = await cluster.event('ejected')
    assert.deepEqual([ejected.endpoint, ejected.error.code], [cluster.endpoint(0), 'unavailable'])
    const more = Array.from({ length: 6 }, () => cluster.transport.unary(KV.range, {}))
    await Promise.all(more)
    // The member wakes up: it answers the PING, and the write that was never sent a second time.
    const frames = await silent.pending()
    const heads = frames.filter(({ name }) => name === 'HEADERS')
    assert.equal(heads.length, 4, 'three reads and the write')
    assert.equal(frames.filter(({ name }) => name === 'RST_STREAM').length, 3)
    answer(silent, heads.at(-1)?.streamId ?? 0, Buffer.alloc(5))
    await write
    assert.equal((await cluster.event('restored')).endpoint, cluster.endpoint(0))
    await cluster.transport.close()
    await serving
  })

  it('that answers PINGs but not calls: reads are moved after half their time', async () => {
    await using cluster = await Cluster.start(2, { timeoutMs: 6000 })
    const [stuck, good] = [cluster.server(0), cluster.server(1)]
    const serving = assert.rejects(serve(good, 1))
    const responding = assert.rejects(respond(stuck))
    const reads = Array.from({ length: 4 }, () => cluster.transport.unary(KV.range, {}))
    assert.deepEqual(
      (await Promise.all(reads)).map(({ count }) => count),
      Array(4).fill(1),
    )
    assert.equal((await cluster.event('ejected')).endpoint, cluster.endpoint(0))
    await cluster.transport.close()
    await Promise.all([serving, responding])
  })

  it('D6: calls with a limit they cannot keep do no harm to others', async () => {
    await using cluster = await Cluster.start(2)
    for (let n = 0; n < 10; n++) {
      await assert.rejects(cluster.transport.unary(KV.range, {}, { timeoutMs: 1 }), {
        code: 'deadline-exceeded',
      })
    }
    const serving = cluster.servers.map((server) => assert.rejects(serve(server, 1)))
    for (let n = 0; n < 10; n++) await cluster.transport.unary(KV.range, {})
    await cluster.transport.close()
    await Promise.all(serving)
  })
})

/** Answers PINGs. */
async function respond(server: ScriptedConnection): Promise<void> {
  for (;;) {
    const { payload } = await server.until('PING')
    server.send(Buffer.from([0, 0, 8, 6, 1, 0, 0, 0, 0]), payload)
  }
}

describe('GrpcTransport.setEndpoints', () => {
  failOnLeaks()

  it('lessons 1.15: lets calls finish where they are, ends streams so that they are opened elsewhere', async () => {
    await using cluster = await Cluster.start(1)
    await using other = await ScriptedPeer.listen()
    const old = cluster.server(0)
    const write = cluster.transport.unary(KV.put, {})
    const writeId = (await old.until('HEADERS')).streamId
    const snapshot = cluster.transport.stream(Maintenance.snapshot)[Symbol.asyncIterator]()
    const snapshotId = (await old.until('HEADERS')).streamId
    const watch = cluster.transport.stream(Watch.watch)[Symbol.asyncIterator]().next()
    await old.until('HEADERS')

    cluster.transport.setEndpoints(other.endpoint)
    assert.deepEqual(cluster.transport.endpoints, [other.endpoint])
    await assert.rejects(watch, { code: 'unavailable', endpoint: cluster.endpoint(0) })
    assert.deepEqual((await cluster.event('endpoints-changed')).endpoints, [other.endpoint])
    const read = cluster.transport.unary(KV.range, {})
    const fresh = await other.accept()
    await answerNext(fresh, 7)
    assert.equal((await read).count, 7)

    answer(old, writeId, Buffer.alloc(5))
    await write
    refuse(old, snapshotId, '0')
    assert.deepEqual(await snapshot.next(), { done: true, value: undefined })
    await old.ended()
    await cluster.transport.close()
  })

  it('sends a read elsewhere that is cut off where it was, and connects anew to an endpoint that returns', async () => {
    await using cluster = await Cluster.start(1)
    await using other = await ScriptedPeer.listen()
    const read = cluster.transport.unary(KV.range, {})
    const old = cluster.server(0)
    await old.until('HEADERS')
    cluster.transport.setEndpoints([other.endpoint])
    old.resetConnection()
    const fresh = await other.accept()
    await answerNext(fresh, 7)
    assert.equal((await read).count, 7)
    cluster.transport.setEndpoints([cluster.endpoint(0)])
    const again = cluster.transport.unary(KV.range, {})
    const back = await cluster.peers[0]?.accept()
    assert(back)
    await answerNext(back, 8)
    assert.equal((await again).count, 8)
    await cluster.transport.close()
  })

  it('serves calls that wait, refuses what is no endpoint, and does nothing after close', async () => {
    await using gone = await ScriptedPeer.listen()
    const { endpoint } = gone
    await gone[Symbol.asyncDispose]()
    await using peer = await ScriptedPeer.listen()
    const transport = new GrpcTransport({ endpoints: endpoint, timeoutMs: 60_000 })
    const call = transport.unary(KV.range, {})
    for (const bad of ['ftp://a', '', []]) {
      assert.throws(() => transport.setEndpoints(bad), TypeError)
    }
    assert.deepEqual(transport.endpoints, [endpoint])
    transport.setEndpoints([endpoint, peer.endpoint])
    await answerNext(await peer.accept(), 3)
    assert.equal((await call).count, 3)
    await transport.close()
    transport.setEndpoints(endpoint)
  })

  it('takes the scheme of each endpoint for itself', async () => {
    await using plain = await ScriptedPeer.listen()
    await using cluster = await Cluster.start(1)
    const secure = plain.endpoint.replace('http:', 'https:')
    cluster.transport.setEndpoints([cluster.endpoint(0), secure])
    // The second in turn is connected when its turn has come.
    for (let n = 0; n < 2; n++) {
      const call = cluster.transport.unary(KV.range, {})
      await answerNext(cluster.server(0), 1)
      await call
    }
    const other = await plain.acceptRaw()
    // It says hello by TLS.
    await assert.rejects(other.next(), /preface is "\\u0016\\u0003/)
    other.socket.destroy()
    const { error } = await cluster.event('ejected')
    assert.equal(error.code, 'tls-failed')
    await cluster.transport.close()
  })
})

describe('GrpcTransport.onEvent', () => {
  failOnLeaks()

  it('tells of connections that come and go, and nothing of those that the client closes itself', async () => {
    await using cluster = await Cluster.start(1)
    const server = cluster.server(0)
    server.send(goawayFrame(1))
    const { endpoint, error } = await cluster.event('disconnected')
    assert.deepEqual([endpoint, error?.code], [cluster.endpoint(0), 'connection-lost'])
    assert(error instanceof EtcdError)
    const call = cluster.transport.unary(KV.range, {})
    const next = await cluster.peers[0]?.accept()
    assert(next)
    await answerNext(next)
    await call
    await cluster.event('connected')
    await cluster.transport.close()
    assert.deepEqual(cluster.events, [])
  })
})
