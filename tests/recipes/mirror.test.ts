// A mirror into a keyspace writes under a fence: nothing that arrives late is applied, and two do not mix.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CallOptions, MessageInit, Transport, UnaryMethod } from '@etcdkit/protocol'
import { EtcdServer, KV } from '@etcdkit/server'
import { Etcd, EtcdError, everything, type MirrorSink, mirror, prefix } from 'etcdkit'
import { rejectionOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'

/** A client of `server` whose transactions can be sent once more, later: what a network may do that held one back. */
function withLateWrites(server: EtcdServer): { readonly etcd: Etcd; sendAgain(): Promise<void> } {
  const { transport } = server
  const late: (() => Promise<unknown>)[] = []
  const recording: Transport = {
    fullDuplex: transport.fullDuplex,
    unary<I extends object, O extends object>(
      method: UnaryMethod<I, O>,
      request: MessageInit<I>,
      options?: CallOptions,
    ): Promise<O> {
      if (method.path === KV.txn.path) late.push(() => transport.unary(method, request, options))
      return transport.unary(method, request, options)
    },
    stream: (method, options) => transport.stream(method, options),
    close: () => transport.close(),
  }
  return {
    etcd: new Etcd({ transport: recording }),
    async sendAgain() {
      for (const send of late.splice(0)) await send().catch(() => undefined)
    },
  }
}

async function contentOf(etcd: Etcd): Promise<string> {
  const { entries } = await etcd.list(prefix('copy/'))
  return entries
    .filter(({ key }) => !key.startsWith('copy/__mirror/'))
    .map(({ key, value }) => `${key.slice(5)}=${value}`)
    .join()
}

/** Resolves when the mirror has come to a revision. */
class Progress {
  #reached = 0
  #told: () => void = () => undefined

  readonly note = (revision: number): void => {
    this.#reached = revision
    this.#told()
  }

  async to(revision: number): Promise<void> {
    while (this.#reached < revision) {
      await new Promise<void>((resolve) => {
        this.#told = resolve
      })
    }
  }
}

describe('mirror', () => {
  failOnLeaks()

  it('a write that arrives once more, after what came next, is not applied', async () => {
    await using server = EtcdServer.create()
    await using source = new Etcd({ transport: server.transport })
    const { etcd: target, sendAgain } = withLateWrites(server)
    await using _ = target
    const keys = source.keyspace('source/')
    await keys.put('a', '1')
    const abort = new AbortController()
    const progress = new Progress()
    const options = { signal: abort.signal, onRevision: progress.note }
    const running = mirror(keys, everything, target.keyspace('copy/'), options)
    await progress.to((await keys.put('b', '1')).revision)
    await progress.to((await keys.put('a', '2')).revision)
    await progress.to((await keys.delete('b')).revision)
    assert.equal(await contentOf(source), 'a=2')
    await sendAgain()
    assert.equal(await contentOf(source), 'a=2')
    await progress.to((await keys.put('c', '3')).revision)
    abort.abort('enough')
    assert.equal(await rejectionOf(running), 'enough')
    await sendAgain()
    assert.equal(await contentOf(source), 'a=2,c=3')
    // Nothing of the mirror's own is left.
    assert.equal(await source.count(prefix('copy/__mirror/')), 0)
  })

  it('a write whose answer is lost is done once, and the mirror goes on', async () => {
    await using server = await EtcdServer.listen({ port: 0 })
    await using source = new Etcd({ endpoints: server.endpoints })
    const keys = source.keyspace('source/')
    const abort = new AbortController()
    const progress = new Progress()
    const options = { signal: abort.signal, onRevision: progress.note }
    const running = mirror(keys, everything, source.keyspace('copy/'), options)
    const first = await keys.put('a', '1')
    await progress.to(first.revision)
    const fault = server.faults.dropAnswer({ method: KV.txn, then: 'reset', times: 2 })
    await progress.to((await keys.put('a', '2')).revision)
    assert.equal(fault.hits, 2)
    assert.equal((await source.get('copy/a'))?.version, 2)
    abort.abort('enough')
    await rejectionOf(running)
  })

  it('of two mirrors to the same place the later goes on, and the other says so', async () => {
    await using server = EtcdServer.create()
    await using etcd = new Etcd({ transport: server.transport })
    const keys = etcd.keyspace('source/')
    await keys.put('a', '1')
    const abort = new AbortController()
    const [one, other] = [new Progress(), new Progress()]
    const start = (progress: Progress): Promise<never> => {
      const options = { signal: abort.signal, onRevision: progress.note }
      return mirror(keys, everything, etcd.keyspace('copy/'), options)
    }
    const first = start(one)
    await one.to(1)
    const second = start(other)
    await other.to(1)
    const refused = rejectionOf(first)
    const { revision } = await keys.put('a', '2')
    const error = await refused
    assert.ok(error instanceof EtcdError)
    assert.equal(error.code, 'aborted')
    assert.match(error.message, /the target is lost: somebody else mirrors there$/)
    await other.to(revision)
    assert.equal(await contentOf(etcd), 'a=2')
    abort.abort('enough')
    await rejectionOf(second)
  })

  it('a sink of one’s own gets the whole, then each change, and ends the mirror by what it throws', async () => {
    await using server = EtcdServer.create()
    await using etcd = new Etcd({ transport: server.transport })
    await etcd.put('k/a', '1')
    const taken: string[] = []
    const decoder = new TextDecoder()
    const reason = new Error('full')
    const sink: MirrorSink = {
      async replace(changes) {
        for await (const { key, value } of changes) {
          taken.push(`${decoder.decode(key)}=${decoder.decode(value)}`)
        }
      },
      async apply(changes) {
        for (const { key, value } of changes) {
          taken.push(`${decoder.decode(key)}=${value && decoder.decode(value)}`)
        }
        if (taken.length === 4) throw reason
      },
    }
    const progress = new Progress()
    const running = rejectionOf(mirror(etcd, prefix('k/'), sink, { onRevision: progress.note }))
    await progress.to(1)
    await etcd.put('k/b', '2')
    await etcd.put('elsewhere', '3')
    await etcd.delete('k/a')
    await etcd.put('k/b', '4')
    assert.equal(await running, reason)
    assert.deepEqual(taken, ['k/a=1', 'k/b=2', 'k/a=undefined', 'k/b=4'])
  })
})
