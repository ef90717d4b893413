// The pauses between attempts to connect: they grow, are cut short for calls, and are forgotten after a good connection.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectError } from '../../src/http2/connect.ts'
import { Connection } from '../../src/transport/connection.ts'
import { parseEndpoint } from '../../src/transport/endpoint.ts'
import { FakeClock } from '../http2/fake-clock.ts'
import { ScriptedPeer } from '../http2/scripted-peer.ts'

/** A connection and what it tells, one thing after the other. */
class Watched {
  readonly connection: Connection
  readonly pauses: number[] = []
  #told: string[] = []
  #wake: () => void = () => {}

  constructor(endpoint: string) {
    const settings = { tls: undefined, connectTimeoutMs: 0, session: {} }
    const tell = (what: string) => (): void => {
      this.#told.push(what)
      this.#wake()
    }
    const failed = tell('failed')
    this.connection = new Connection(parseEndpoint(endpoint), settings, {
      onReady: tell('ready'),
      onIdle: tell('idle'),
      onLost: tell('lost'),
      onFailed: (_: Connection, __: ConnectError, pauseMs: number) => {
        this.pauses.push(pauseMs)
        failed()
      },
    })
  }

  /** The next thing it tells. */
  async next(): Promise<string> {
    while (this.#told.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#told.shift() ?? ''
  }

  /** What it has told and nobody asked for. */
  get told(): readonly string[] {
    return this.#told.splice(0)
  }

  /** Tries until the next failure. */
  async fail(): Promise<void> {
    this.connection.open()
    assert.equal(await this.next(), 'failed')
  }
}

/** An endpoint where nobody listens. */
async function nowhere(): Promise<string> {
  await using peer = await ScriptedPeer.listen()
  return peer.endpoint
}

describe('Connection', () => {
  it('waits longer after each failure, up to five seconds, unless a call has nowhere else to go', async () => {
    const watched = new Watched(await nowhere())
    using clock = new FakeClock()
    for (let longest = 20; longest < 80_000; longest *= 2) {
      await watched.fail()
      const pauseMs = watched.pauses.at(-1) ?? 0
      const most = Math.min(longest, 5000)
      assert(pauseMs >= most / 2 && pauseMs <= most, `${pauseMs} ms of ${most}`)
      watched.connection.open()
      clock.advance(pauseMs - 1)
      assert.deepEqual(watched.told, [])
      clock.advance(1)
      assert.deepEqual(watched.told, ['idle'])
    }
    await watched.connection.close()
  })

  it('lessons 1.17: after any outage, a waiting call has an attempt made within a quarter of a second', async () => {
    const watched = new Watched(await nowhere())
    using clock = new FakeClock()
    for (let failures = 0; failures < 20; failures++) {
      await watched.fail()
      if (failures < 19) clock.advance(5000)
      watched.told
    }
    clock.advance(10)
    watched.connection.hurry()
    watched.connection.hurry()
    clock.advance(240)
    assert.deepEqual(watched.told, ['idle'])
    await watched.fail()
    // What is overdue by then is made at once.
    clock.advance(2000)
    watched.connection.hurry()
    clock.advance(1)
    assert.deepEqual(watched.told, ['idle'])
    await watched.connection.close()
    assert.deepEqual(clock.timers, { all: 0, referenced: 0 })
  })

  for (const [name, good] of [
    ['has answered calls', true],
    ['was of no use', false],
  ] as const) {
    it(`that was cut and ${name} is opened again ${good ? 'at once' : 'after growing pauses'}`, async () => {
      await using peer = await ScriptedPeer.listen()
      const watched = new Watched(peer.endpoint)
      using clock = new FakeClock()
      for (let cuts = 0; cuts < 5; cuts++) {
        watched.connection.open()
        const server = await peer.accept()
        assert.equal(await watched.next(), 'ready')
        watched.connection.hasServed = good
        server.resetConnection()
        assert.equal(await watched.next(), 'lost')
        // A single accident is no reason to wait.
        const atOnce = good || cuts === 0
        assert.deepEqual(watched.told, atOnce ? ['idle'] : [])
        clock.advance(5000)
        watched.told
      }
      await watched.connection.close()
    })
  }

  it('forgets its failures after a connection that lived long', async () => {
    await using peer = await ScriptedPeer.listen()
    const watched = new Watched(peer.endpoint)
    using clock = new FakeClock()
    for (let cuts = 0; cuts < 5; cuts++) {
      watched.connection.open()
      const server = await peer.accept()
      assert.equal(await watched.next(), 'ready')
      clock.advance(1000)
      server.resetConnection()
      assert.equal(await watched.next(), 'lost')
      assert.deepEqual(watched.told, ['idle'])
    }
    await watched.connection.close()
  })
})
