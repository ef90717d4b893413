// Reads that never go back in time, over members of which one lags behind.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MessageInit, Transport, UnaryMethod } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { Etcd, op, ordering } from 'etcdkit'
import { etcdErrorOf } from '../behaviour/support/rejections.ts'

/** Servers taken in turn, as members of which not all have heard the newest. */
class InTurn implements Transport {
  readonly fullDuplex = true
  readonly #members: readonly Transport[]
  calls = 0

  constructor(members: readonly EtcdServer[]) {
    this.#members = members.map(({ transport }) => transport)
  }

  unary<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
  ): Promise<O> {
    return this.#next().unary(method, request)
  }

  stream: Transport['stream'] = (method, options) => this.#next().stream(method, options)

  async close(): Promise<void> {
    for (const member of this.#members) await member.close()
  }

  #next(): Transport {
    const member = this.#members[this.calls++ % this.#members.length]
    assert.ok(member !== undefined)
    return member
  }
}

/** A server whose store is at a revision. */
async function serverAt(revision: number): Promise<EtcdServer> {
  const server = EtcdServer.create()
  await using etcd = new Etcd({ transport: server.transport })
  while (server.revision < revision) await etcd.put('a', String(server.revision + 1))
  return server
}

describe('ordering', () => {
  it('does not show an older store than before, but asks the next member', async () => {
    await using ahead = await serverAt(10)
    await using behind = await serverAt(5)
    const transport = new InTurn([ahead, behind])
    await using etcd = new Etcd({ transport: ordering(transport) })
    for (let count = 0; count < 4; count++) {
      assert.equal((await etcd.get('a', { serializable: true }))?.value, '10')
      const { results } = await etcd.txn({ then: [op.get('a')] })
      assert.equal(results[0]?.value, '10')
    }
    assert.equal(transport.calls, 15)
  })

  it('rejects with no-greater-revision when no member has caught up', async () => {
    await using ahead = await serverAt(10)
    await using behind = await serverAt(5)
    const transport = new InTurn([ahead, behind, behind, behind, behind])
    await using etcd = new Etcd({ transport: ordering(transport, { maxRetries: 3 }) })
    assert.equal((await etcd.get('a'))?.value, '10')
    const error = await etcdErrorOf(etcd.get('a'), 'no-greater-revision')
    assert.match(error.message, /revision 5 is older than revision 10/)
    assert.equal(transport.calls, 5)
  })

  it('does not repeat a transaction that wrote', async () => {
    await using ahead = await serverAt(10)
    await using behind = await serverAt(5)
    await using etcd = new Etcd({ transport: ordering(new InTurn([ahead, behind])) })
    await etcd.get('a')
    await etcdErrorOf(etcd.txn({ then: [op.put('b', '1')] }), 'no-greater-revision')
    assert.equal(behind.revision, 6)
    assert.equal(ahead.revision, 10)
  })

  it('bad input is told', () => {
    assert.throws(() => ordering(EtcdServer.create().transport, { maxRetries: -1 }), {
      name: 'RangeError',
    })
  })
})
