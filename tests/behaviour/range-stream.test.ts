// RangeStream: used by scans and by lists too large for a message where the server has it, and missed by nobody where not.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import type {
  CallOptions,
  MessageInit,
  MessageStream,
  StreamMethod,
  Transport,
  UnaryMethod,
} from '@etcdkit/protocol'
import { bytes, Etcd, everything, GrpcTransport } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { differencesOf } from './support/differences.ts'
import { collect, keysOf } from './support/entries.ts'
import { etcdErrorOf } from './support/rejections.ts'

const mebibyte = 1024 * 1024
// Hundreds of calls at a time take their time on a busy machine.
const timeoutMs = 60_000
const names = Array.from({ length: 300 }, (_, n) => `k${1000 + n}`)

/** A transport that notes what it carries. */
class NotingTransport implements Transport {
  readonly fullDuplex = true
  readonly #carrier: Transport
  readonly noted: string[] = []

  constructor(carrier: Transport) {
    this.#carrier = carrier
  }

  /** What was carried since this was last asked. */
  take(): string[] {
    return this.noted.splice(0)
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    this.noted.push(method.name)
    return this.#carrier.unary(method, request, options)
  }

  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    this.noted.push(method.name)
    return this.#carrier.stream(method, options)
  }

  close(): Promise<void> {
    return this.#carrier.close()
  }
}

forEachServer('range stream', (server) => {
  failOnLeaks()
  const isStreaming = (): boolean => differencesOf(server).rangeStream === 'answered'

  it('etcd.scan takes a page and a stream where there are streams, else pages, and asks once in a client', async () => {
    const transport = new NotingTransport(
      new GrpcTransport({ endpoints: server.endpoints, timeoutMs }),
    )
    await using etcd = new Etcd({ transport })
    const keys = etcd.keyspace(uniquePrefix())
    await Promise.all(names.map((name) => keys.put(name, name)))
    transport.take()
    const first = ['Range', 'RangeStream']
    const [once, again] = isStreaming()
      ? [first, first]
      : [
          [...first, 'Range', 'Range'],
          ['Range', 'Range', 'Range'],
        ]
    for (const expected of [once, again]) {
      assert.deepEqual(keysOf(await collect(keys.scan(everything))), names)
      assert.deepEqual(transport.take(), expected)
    }
  })

  it('etcd.scan of a stream sees the store as it was, while writes go on', async () => {
    await using etcd = server.connect({ timeoutMs })
    const keys = etcd.keyspace(uniquePrefix())
    await Promise.all(names.map((name) => keys.put(name, 'before')))
    const seen: string[] = []
    for await (const { key, value, modRevision } of keys.scan(everything)) {
      assert.equal(value, 'before')
      if (seen.push(key) === 20) {
        await keys.delete(everything)
        await keys.put('k9999', 'after')
        assert.ok(modRevision > 0)
      }
    }
    assert.deepEqual(seen, names)
  })

  it('etcd.list of more than a message may be comes whole all the same', async () => {
    await using etcd = new Etcd({
      endpoints: server.endpoints,
      maxMessageBytes: 2 * mebibyte,
      timeoutMs,
    })
    const keys = etcd.keyspace(uniquePrefix(), bytes)
    const value = new Uint8Array(100_000).fill(7)
    await Promise.all(names.slice(0, 60).map((name) => keys.put(name, value)))
    const { revision } = await keys.put('z', new Uint8Array(1))
    const whole = await keys.list(everything)
    assert.deepEqual([whole.entries.length, whole.count, whole.more], [61, 61, false])
    assert.equal(whole.revision, revision)
    assert.ok(whole.entries.slice(0, 60).every((entry) => entry.value.length === 100_000))
    const some = await keys.list(everything, { limit: 40, order: 'descending' })
    assert.deepEqual([some.entries.length, some.count, some.more], [40, 61, true])
    assert.equal(some.entries[0]?.key, 'z')
    await etcdErrorOf(keys.list(everything, { sort: 'modRevision' }), 'message-too-large')
  })
})
