// The pauses between attempts to connect: they grow, are cut short for calls, and are forgotten after a good connection.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectError } from '../../src/http2/connect.ts'
import { SettingId } from '../../src/http2/constants.ts'
import { Connection } from '../../src/transport/connection.ts'
import { parseEndpoint } from '../../src/transport/endpoint.ts'
import { FakeClock } from '../http2/fake-clock.ts'
import { okHeaders, ScriptedPeer } from '../http2/scripted-peer.ts'
import { LastingStream, requestBlock } from '../http2/test-client.ts'

/** A connection and what it tells, one thing after the other. */
class Watched {
  readonly connection: Connection
  readonly pauses: number[] = []
  #told: string[] = []
  #wake: () => void = () => {}

  constructor(endpoint: string) {
    const settings = { tls: undefined, connectTimeoutMs: 0, session: { pingIntervalMs: 1e9 } }
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

  it('has further ones closed that nothing went on on for five seconds or ten', async () => {
    await using peer = await ScriptedPeer.listen()
    const few = { settings: [[SettingId.maxConcurrentStreams, 1]] } as const
    const watched = new Watched(peer.endpoint)
    using clock = new FakeClock()
    watched.connection.open()
    const first = await peer.accept(few)
    assert.equal(await watched.next(), 'ready')
    const open = async (): Promise<LastingStream> => {
      const stream = new LastingStream()
      watched.connection.session?.open(stream, requestBlock, undefined, true)
      return stream
    }
    const used = await open()
    const further = await peer.accept(few)
    await further.expect('HEADERS', 1)
    assert.equal(used.takenBy !== watched.connection.session, true)
    clock.advance(5000)
    clock.advance(5000)
    further.headers(1, okHeaders, { end: true })
    await used.ended()
    // Idle at one look only.
    clock.advance(5000)
    await open()
    await further.expect('HEADERS', 3)
    further.headers(3, okHeaders, { end: true })
    await further.pending()
    clock.advance(5000)
    assert.equal((await further.pending()).length, 0)
    clock.advance(5000)
    await further.ended()
    assert.deepEqual(watched.told, [])
    const again = await open()
    await (await peer.accept(few)).expect('HEADERS', 1)
    await watched.connection.close()
    assert.equal((await again.error()).unprocessed, false)
    await first.ended()
    assert.deepEqual(clock.timers, { all: 0, referenced: 0 })
  })
})
