import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError, type EtcdErrorCode } from '@etcdkit/protocol'
import { Grants } from '../../../src/v3/lease/grants.ts'
import type { LeaseHolder } from '../../../src/v3/lease/kept-lease.ts'
import { LeaseKeeper } from '../../../src/v3/lease/lease-keeper.ts'
import { EventLog } from '../support/event-log.ts'
import { flush, ManualClock } from '../support/manual-clock.ts'
import { scripted } from '../support/scripted.ts'
import { type ScriptedStream, ScriptedTransport } from '../support/scripted-transport.ts'
import { lost } from '../support/watch-server.ts'

/** Who holds a lease, and why it was lost. */
class Holder implements LeaseHolder {
  reason: unknown = undefined

  lost(reason: unknown): void {
    this.reason = reason
  }

  get error(): EtcdError {
    assert.ok(this.reason instanceof EtcdError, 'the lease is lost')
    return this.reason
  }

  /** The code of the error, and that of its cause. */
  get codes(): unknown[] {
    const { code, cause } = this.error
    return cause instanceof EtcdError ? [code, cause.code] : [code]
  }
}

/** A keeper of leases `1` to `count`, with a TTL of nine seconds, granted now. */
function keeping(count: number) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport()
  const log = new EventLog()
  const keeper = new LeaseKeeper({
    ...{ transport, clock, timeoutMs: 5000, events: log },
    grants: new Grants(clock),
  })
  const holders = Array.from({ length: count }, () => new Holder())
  for (const [index, holder] of holders.entries()) {
    keeper.keep({ id: `${index + 1}`, ttlSeconds: 9, sentAt: clock.now() }, holder)
  }
  return { clock, transport, log, keeper, holders }
}

const idsOn = ({ sent }: ScriptedStream): unknown[] => sent.map(({ ID }) => ID)

const refusal = (code: EtcdErrorCode): EtcdError => new EtcdError('no', { code })

describe('a lease that the server refuses to renew', () => {
  it('takes no other along, though the server ends the stream of all', async () => {
    const { clock, transport, keeper, holders } = keeping(3)
    // Those who ask for the first lease have no permission on its keys: etcd 3.5 ends the stream at once.
    for (let second = 0; second < 60; second++) {
      await clock.advance(1000)
      for (const stream of transport.streams.filter(({ isOver }) => !isOver)) {
        for (const { ID } of stream.sent.splice(0)) {
          if (ID === '1') {
            await stream.fail(refusal('permission-denied'))
            break
          }
          await stream.push({ ID, TTL: 9 })
        }
      }
    }
    const [refused, ...others] = holders
    assert.deepEqual(refused?.codes, ['lease-expired', 'permission-denied'])
    assert.ok(others.every(({ reason }) => reason === undefined))
    // Each third of a TTL one round for all; twice one was refused, and the others went on at once.
    assert.ok(transport.streams.length <= 5, `${transport.streams.length} streams`)
    keeper.close()
  })

  it('is asked for again while there is time, after the others', async () => {
    const { clock, transport, keeper, holders } = keeping(2)
    await clock.advance(3000)
    assert.deepEqual(idsOn(transport.last), ['1', '2'])
    await transport.last.fail(refusal('permission-denied'))
    await clock.advance(2)
    assert.deepEqual(idsOn(transport.last), ['2'])
    await transport.last.push({ ID: '2', TTL: 9 })
    await clock.advance(3000)
    assert.deepEqual(idsOn(transport.last), ['2', '2', '1'])
    for (const ID of ['2', '1']) await transport.last.push({ ID, TTL: 9 })
    await clock.advance(8000)
    assert.ok(holders.every(({ reason }) => reason === undefined))
    keeper.close()
  })
})

describe('the token of a keep-alive stream', () => {
  for (const code of ['invalid-auth-token', 'auth-old-revision', 'user-empty'] as const) {
    it(`lessons 1.3, D8: is had anew when the server says ${code}, and no lease is lost`, async () => {
      const { clock, transport, keeper, holders } = keeping(2)
      transport.renewsToken = true
      await clock.advance(3000)
      await transport.last.fail(refusal(code))
      assert.equal(transport.tokenRenewals, 1)
      await clock.advance(2)
      assert.deepEqual(idsOn(transport.last), ['1', '2'])
      for (const ID of ['1', '2']) await transport.last.push({ ID, TTL: 9 })
      await clock.advance(8000)
      assert.equal(transport.tokenRenewals, 1)
      assert.ok(holders.every(({ reason }) => reason === undefined))
      keeper.close()
    })
  }

  it('that cannot be had anew costs the lease, which says why', async () => {
    const { clock, transport, holders } = keeping(1)
    await clock.advance(3000)
    for (let waited = 0; waited < 6000; waited += 100) {
      if (!transport.last.isOver) await transport.last.fail(refusal('invalid-auth-token'))
      await clock.advance(100)
    }
    assert.deepEqual(holders[0]?.codes, ['lease-expired', 'invalid-auth-token'])
    assert.equal(clock.pending, 0)
  })

  it('is had anew for keepAliveOnce, six times at most', async () => {
    const { etcd, transport, clock } = scripted()
    transport.renewsToken = true
    const renewing = etcd.leases.keepAliveOnce('7')
    const rejected = assert.rejects(renewing, { code: 'invalid-auth-token' })
    for (let refusals = 1; refusals <= 7; refusals++) {
      await flush()
      assert.equal(transport.streams.length, refusals)
      await transport.last.fail(refusal('invalid-auth-token'))
      await clock.advance(900)
    }
    await rejected
    assert.equal(clock.pending, 0)
  })
})

describe('a process that was stopped', () => {
  it('lessons 1.7: gives a lease up as soon as it wakes, if its time is over', async () => {
    const { clock, transport, holders } = keeping(1)
    await clock.advance(3000)
    await transport.last.push({ ID: '1', TTL: 9 })
    clock.stall(9000)
    await clock.advance(0)
    assert.equal(holders[0]?.error.code, 'lease-expired')
    assert.equal(clock.pending, 0)
  })

  it('renews at once what still lives', async () => {
    const { clock, transport, keeper, holders } = keeping(1)
    await clock.advance(3000)
    await transport.last.push({ ID: '1', TTL: 9 })
    clock.stall(8000)
    await clock.advance(0)
    assert.deepEqual(idsOn(transport.last), ['1', '1'])
    await transport.last.push({ ID: '1', TTL: 9 })
    await clock.advance(2000)
    assert.equal(holders[0]?.reason, undefined)
    keeper.close()
  })

  it('lease.signal tells the truth even before a timer can fire', async () => {
    const { etcd, transport, clock } = scripted()
    const granting = etcd.lease({ ttlSeconds: 9 })
    const call = await transport.lastCall()
    call.answer({ ID: call.request.ID, TTL: 9 })
    const lease = await granting
    clock.stall(8999)
    assert.equal(lease.signal.aborted, false)
    clock.stall(1)
    assert.equal(lease.signal.aborted, true)
    assert.equal(lease.signal.reason.code, 'lease-expired')
    assert.equal(clock.pending, 0)
  })
})

describe('answers of a server that errs', () => {
  it('are ignored for leases that nobody asked it to renew', async () => {
    const { clock, transport, holders } = keeping(1)
    await clock.advance(3000)
    for (const TTL of [0, -1, 100]) await transport.last.push({ ID: '99', TTL })
    await transport.last.push({ ID: '1', TTL: 9 })
    // A second answer to one question is none.
    for (const TTL of [0, 10_000]) await transport.last.push({ ID: '1', TTL })
    assert.equal(holders[0]?.reason, undefined)
    await clock.advance(9000)
    assert.equal(holders[0]?.error.code, 'lease-expired')
  })
})

describe('the events of leases', () => {
  it('tell once of a lease at risk, and once when it is renewed', async () => {
    const { clock, transport, keeper, log } = keeping(1)
    await clock.advance(3000)
    const broken = lost()
    for (let failures = 0; failures < 3; failures++) {
      await transport.last.fail(broken)
      await clock.advance(10)
    }
    await transport.last.push({ ID: '1', TTL: 9 })
    assert.deepEqual(log.events, [
      { type: 'lease-at-risk', lease: '1', remainingMs: 6000, error: broken },
      { type: 'lease-renewed', lease: '1' },
    ])
    keeper.close()
    assert.equal(log.events.length, 2)
  })

  it('tell of a renewal that is not answered, and of the end', async () => {
    const { clock, holders, log } = keeping(1)
    await clock.advance(9000)
    assert.deepEqual(log.types, ['lease-at-risk', 'lease-lost'])
    const [, end] = log.events
    assert.equal(end?.type === 'lease-lost' && end.error, holders[0]?.reason)
  })

  it('are not made while nobody listens', async () => {
    const { clock, log } = keeping(1)
    log.active = false
    await clock.advance(9000)
    assert.deepEqual(log.events, [])
  })
})
