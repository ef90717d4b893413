// When a silent connection is asked, and when it is given up, on a clock that the test moves.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Liveness } from '../../src/http2/liveness.ts'
import { FakeClock } from './fake-clock.ts'

const intervalMs = 8000
const timeoutMs = 4000

/** A liveness check and what it did, on a clock of its own. */
class Watched implements Disposable {
  readonly clock = new FakeClock()
  readonly liveness: Liveness
  readonly pings: number[] = []
  busy = false
  deadAt: number | undefined

  constructor() {
    this.liveness = new Liveness({
      intervalMs,
      timeoutMs,
      isBusy: () => this.busy,
      sendPing: () => this.pings.push(this.clock.nowMs),
      onDead: () => {
        this.deadAt = this.clock.nowMs
      },
    })
  }

  open(): void {
    this.busy = true
    this.liveness.watch()
  }

  [Symbol.dispose](): void {
    this.liveness.stop()
    this.clock[Symbol.dispose]()
  }
}

describe('Liveness', () => {
  it('asks after a silence while streams are open', () => {
    using watched = new Watched()
    const start = watched.clock.nowMs
    watched.open()
    watched.clock.advance(intervalMs - 1)
    assert.deepEqual(watched.pings, [])
    watched.clock.advance(1)
    assert.deepEqual(watched.pings, [start + intervalMs])
  })

  it('never asks without open streams', () => {
    using watched = new Watched()
    watched.open()
    watched.busy = false
    watched.clock.advance(10 * intervalMs)
    assert.deepEqual(watched.pings, [])
    assert.equal(watched.deadAt, undefined)
  })

  it('never asks while bytes come', () => {
    using watched = new Watched()
    watched.open()
    for (let count = 0; count < 20; count++) {
      watched.clock.advance(intervalMs - 1)
      watched.liveness.received()
    }
    assert.deepEqual(watched.pings, [])
  })

  it('gives up when an answer does not come in time', () => {
    using watched = new Watched()
    const start = watched.clock.nowMs
    watched.open()
    watched.clock.advance(intervalMs + timeoutMs)
    assert.equal(watched.deadAt, undefined)
    watched.clock.advance(3)
    assert.equal(watched.pings.length, 1)
    assert(watched.deadAt !== undefined && watched.deadAt - start <= intervalMs + timeoutMs + 2)
  })

  it('takes any byte for an answer, and asks again an interval later', () => {
    using watched = new Watched()
    watched.open()
    watched.clock.advance(intervalMs)
    watched.clock.advance(100)
    watched.liveness.received()
    watched.clock.advance(intervalMs - 1)
    assert.equal(watched.pings.length, 1)
    watched.clock.advance(timeoutMs)
    assert.equal(watched.pings.length, 2)
    assert.equal((watched.pings[1] ?? 0) - (watched.pings[0] ?? 0), intervalMs + 100)
  })

  it('asks soon when a stream is opened after a long idle time', () => {
    using watched = new Watched()
    watched.clock.advance(5 * intervalMs)
    watched.open()
    watched.clock.advance(2)
    assert.equal(watched.pings.length, 1)
  })

  it('waits for a PING that is out, also when its streams have gone: no other is sent in the meantime', () => {
    using watched = new Watched()
    watched.open()
    watched.clock.advance(intervalMs)
    watched.busy = false
    watched.clock.advance(100)
    for (let count = 0; count < 10; count++) {
      watched.open()
      watched.clock.advance(10)
      watched.busy = false
      watched.clock.advance(10)
    }
    assert.equal(watched.pings.length, 1)
    watched.clock.advance(timeoutMs)
    assert.notEqual(watched.deadAt, undefined)
  })

  it('after a pause of the process lets the sockets be read before it gives up', () => {
    using watched = new Watched()
    watched.open()
    watched.clock.advance(intervalMs)
    watched.clock.freeze(60_000)
    // The timer runs, late, and only then the answer is read that lay in the socket.
    watched.clock.advance(0)
    watched.liveness.received()
    watched.clock.advance(10)
    assert.equal(watched.deadAt, undefined)
    watched.clock.advance(intervalMs)
    assert.equal(watched.pings.length, 2)
  })

  it('does nothing more once stopped, not even in the middle of giving up', () => {
    for (const extra of [0, timeoutMs, timeoutMs + 1]) {
      using watched = new Watched()
      watched.open()
      watched.clock.advance(intervalMs + extra)
      const before = watched.pings.length
      watched.liveness.stop()
      watched.clock.advance(100_000)
      assert.equal(watched.deadAt, undefined)
      assert.equal(watched.pings.length, before)
    }
  })

  it('keeps PINGs an interval apart and for open streams only, and gives up only on silence', () => {
    const step = fc.record({
      waitMs: fc.oneof(fc.nat(50), fc.nat(intervalMs + 2000)),
      event: fc.constantFrom('open', 'idle', 'bytes', 'nothing'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        using watched = new Watched()
        let lastReceived = watched.clock.nowMs
        for (const { waitMs, event } of steps) {
          const { busy } = watched
          const asked = watched.pings.length
          watched.clock.advance(waitMs)
          if (!busy) assert.equal(watched.pings.length, asked)
          if (watched.deadAt !== undefined) break
          if (event === 'open') watched.open()
          if (event === 'idle') watched.busy = false
          if (event === 'bytes') {
            watched.liveness.received()
            lastReceived = watched.clock.nowMs
          }
        }
        for (const [index, ping] of watched.pings.entries()) {
          if (index > 0) assert(ping - (watched.pings[index - 1] ?? 0) >= intervalMs)
        }
        const { deadAt } = watched
        const lastPing = watched.pings.at(-1) ?? 0
        if (deadAt !== undefined) assert(lastReceived < lastPing && deadAt - lastPing >= timeoutMs)
      }),
      { numRuns: 100 },
    )
  })

  it('asks before the interval when it is told to, but not sooner after the last PING, and waits for the answer', () => {
    using watched = new Watched()
    const { clock, liveness, pings } = watched
    const start = clock.nowMs
    watched.open()
    clock.advance(100)
    assert.equal(liveness.ask(), 0)
    clock.advance(300)
    assert.equal(liveness.ask(), 300)
    clock.advance(100)
    liveness.received()
    assert.equal(liveness.ask(), 0, 'an answer came, and it is too soon for another PING')
    clock.advance(intervalMs - 401)
    assert.equal(liveness.ask(), 0)
    assert.deepEqual(pings, [start + 100])
    clock.advance(1)
    assert.equal(liveness.ask(), 0)
    assert.deepEqual(pings, [start + 100, start + 100 + intervalMs])
    clock.advance(timeoutMs - 1)
    assert.equal(watched.deadAt, undefined)
    clock.advance(3)
    assert.equal(watched.deadAt, start + 100 + intervalMs + timeoutMs + 1.5)
  })

  it('keeps its own interval from what it was told to ask', () => {
    using watched = new Watched()
    const { clock, liveness, pings } = watched
    const start = clock.nowMs
    watched.open()
    clock.advance(1000)
    liveness.ask()
    clock.advance(10)
    liveness.received()
    clock.advance(intervalMs + timeoutMs)
    assert.deepEqual(pings, [start + 1000, start + 1010 + intervalMs])
  })
})
