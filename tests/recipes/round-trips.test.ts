// What a recipe asks of the server, call by call: no more than it needs.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Transport } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { Etcd, type Lock, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'

/** A client on a server of its own, and the names of what it has sent since it was asked last. */
class CountedWorld implements AsyncDisposable {
  readonly etcd: Etcd
  readonly #server: EtcdServer = EtcdServer.create()
  #calls: string[] = []

  constructor() {
    const { transport } = this.#server
    const note = ({ path }: { readonly path: string }): void => {
      this.#calls.push(path.slice(path.lastIndexOf('/') + 1))
    }
    const counted: Transport = {
      fullDuplex: transport.fullDuplex,
      unary: (method, request, options) => {
        note(method)
        return transport.unary(method, request, options)
      },
      stream: (method, options) => {
        note(method)
        return transport.stream(method, options)
      },
      close: () => transport.close(),
    }
    this.etcd = new Etcd({ transport: counted })
  }

  /** What was sent since. */
  take(): string[] {
    const calls = this.#calls
    this.#calls = []
    return calls
  }

  /** Whether a call of this name was sent since. */
  sent(name: string): boolean {
    return this.#calls.includes(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.etcd.close()
    await this.#server.close()
  }
}

describe('round trips', () => {
  failOnLeaks()

  it('a lock that is free, in a session: one to take it and one to give it back, as in Go', async () => {
    await using world = new CountedWorld()
    const { etcd } = world
    await using session = await etcd.session()
    world.take()
    for (let round = 0; round < 3; round++) {
      const held = await etcd.lock('a', { session })
      assert.deepEqual(world.take(), ['Txn'])
      await held.release()
      assert.deepEqual(world.take(), ['Txn'])
    }
    const led = await etcd.election('e').campaign('x', { session })
    await led.resign()
    assert.deepEqual(world.take(), ['Txn', 'Txn'])
  })

  it('a lock without a session: a lease, the key, and the end of the lease, which takes the key along', async () => {
    await using world = new CountedWorld()
    const held = await world.etcd.lock('a')
    assert.deepEqual(world.take(), ['LeaseGrant', 'Txn'])
    await held.release()
    assert.deepEqual(world.take(), ['LeaseRevoke'])
  })

  it('a lock that is not free: what is before it, a watch, and one look when that is gone', async () => {
    await using world = new CountedWorld()
    const { etcd } = world
    await using session = await etcd.session()
    await using other = await etcd.session()
    const held = await etcd.lock('a', { session: other })
    world.take()
    assert.equal(await etcd.tryLock('a', { session }), undefined)
    assert.deepEqual(world.take(), ['Txn', 'Txn'])
    const waiting: Promise<Lock> = etcd.lock('a', { session })
    // The watch is on its way when its stream is.
    while (!world.sent('Watch')) await etcd.count(prefix('a/'))
    assert.deepEqual(
      world.take().filter((name) => name !== 'Range'),
      ['Txn', 'Txn', 'Watch'],
    )
    await held.release()
    await (await waiting).release()
    assert.deepEqual(world.take(), ['Txn', 'Txn', 'Txn'])
  })

  it('tryLock that is taken again by its session asks nothing', async () => {
    await using world = new CountedWorld()
    await using session = await world.etcd.session()
    const first = await world.etcd.lock('a', { session })
    world.take()
    const again = await world.etcd.tryLock('a', { session })
    await again?.release()
    assert.deepEqual(world.take(), [])
    await first.release()
  })
})
