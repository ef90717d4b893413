import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noBytes } from '../../../src/v3/bytes.ts'
import { text } from '../../../src/v3/codec.ts'
import { Scope } from '../../../src/v3/scope.ts'
import { WatchHub } from '../../../src/v3/watch/watch-hub.ts'
import { planWatch, type WatchOptions } from '../../../src/v3/watch/watch-options.ts'
import type { Watcher } from '../../../src/v3/watch/watcher.ts'
import { EventLog } from '../support/event-log.ts'
import { ManualClock } from '../support/manual-clock.ts'
import { ScriptedTransport } from '../support/scripted-transport.ts'
import { confirm, lost, puts } from '../support/watch-server.ts'

/** Watches of a scripted server, whose interruptions are told. */
function watching() {
  const clock = new ManualClock()
  const transport = new ScriptedTransport()
  const log = new EventLog()
  const hub = new WatchHub(transport, clock, log)
  const watch = (options: WatchOptions = {}): Watcher =>
    hub.open(planWatch(new Scope(noBytes, text), 'a', options, 5000), { requireLeader: true })
  return { clock, transport, log, hub, watch }
}

const key = new TextEncoder().encode('a')

describe('the events of watches', () => {
  it('tell where a watch was interrupted and why, once, and where it goes on', async () => {
    const { clock, transport, log, hub, watch } = watching()
    watch({ from: 2 })
    const watchId = await confirm(transport.last, 9)
    await transport.last.push({ watchId, header: { revision: 9 }, events: puts(2, 3) })
    const broken = lost()
    for (const reason of [broken, lost(), lost()]) {
      await transport.last.fail(reason)
      await clock.advance(10)
    }
    await confirm(transport.last, 9)
    const where = { key, rangeEnd: noBytes, revision: 4 }
    assert.deepEqual(log.events, [
      { type: 'watch-interrupted', ...where, error: broken },
      { type: 'watch-resumed', ...where },
    ])
    hub.close()
    assert.equal(log.events.length, 2)
  })

  it('do not tell of a watch that was not made yet', async () => {
    const { clock, transport, log, hub, watch } = watching()
    watch()
    await transport.last.fail(lost())
    await clock.advance(10)
    await confirm(transport.last, 9)
    assert.deepEqual(log.events, [])
    hub.close()
  })

  it('are not made while nobody listens', async () => {
    const { clock, transport, log, hub, watch } = watching()
    log.active = false
    watch()
    await confirm(transport.last, 9)
    await transport.last.fail(lost())
    await clock.advance(10)
    await confirm(transport.last, 9)
    assert.deepEqual(log.events, [])
    hub.close()
  })
})
