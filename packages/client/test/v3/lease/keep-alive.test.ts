import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import type { Lease } from '../../../src/v3/lease/lease.ts'
import { flush } from '../support/manual-clock.ts'
import { grantNext, type Scripted, scripted as scriptedLeases } from '../support/scripted.ts'
import { lost } from '../support/watch-server.ts'

async function keep(scripted: Scripted, ttlSeconds = 9): Promise<Lease> {
  const lease = scripted.etcd.lease({ ttlSeconds })
  await grantNext(scripted.transport, ttlSeconds)
  return lease
}

const renewals = ({ transport }: Scripted): unknown[] =>
  transport.streams.flatMap(({ sent }) => sent.map(({ ID }) => ID))

describe('a lease', () => {
  it('is renewed at a third of its TTL, and again a third after each renewal was sent', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const lease = await keep(scripted)
    await clock.advance(2600)
    assert.equal(transport.streams.length, 0)
    await clock.advance(400)
    assert.deepEqual(renewals(scripted), [lease.id])
    assert.equal(transport.last.options?.requireLeader, true)
    await clock.advance(1000)
    await transport.last.push({ ID: lease.id, TTL: 9 })
    await clock.advance(1600)
    assert.equal(renewals(scripted).length, 1)
    await clock.advance(400)
    assert.equal(renewals(scripted).length, 2)
    await scripted.etcd.close()
  })

  it('lessons D10: goes by the TTL that the server gave', async () => {
    const scripted = scriptedLeases()
    const granting = scripted.etcd.lease({ ttlSeconds: 1 })
    await grantNext(scripted.transport, 30)
    const lease = await granting
    assert.equal(lease.ttlSeconds, 30)
    await scripted.clock.advance(8900)
    assert.equal(renewals(scripted).length, 0)
    await scripted.clock.advance(1100)
    assert.equal(renewals(scripted).length, 1)
    await scripted.etcd.close()
  })

  it('is lost at the time the grant was sent plus the TTL when nothing is acknowledged', async () => {
    const scripted = scriptedLeases()
    const { clock, etcd, transport } = scripted
    const granting = etcd.lease({ ttlSeconds: 9 })
    await clock.advance(1000)
    await grantNext(transport, 9)
    const lease = await granting
    await clock.advance(7999)
    assert.equal(lease.signal.aborted, false)
    await clock.advance(1)
    assert.equal(lease.signal.aborted, true)
    assert.equal(lease.signal.reason.code, 'lease-expired')
    assert.equal(clock.pending, 0)
    assert.ok(transport.streams.every(({ canceled }) => canceled))
  })

  it('lessons 1.7, D10: is lost at the time the last acknowledged renewal was sent plus the TTL', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const lease = await keep(scripted)
    await clock.advance(3000)
    await clock.advance(2500)
    // Sent at 3,000, acknowledged at 5,500: good until 12,000.
    await transport.last.push({ ID: lease.id, TTL: 9 })
    await clock.advance(6499)
    assert.equal(lease.signal.aborted, false)
    await clock.advance(1)
    assert.equal(lease.signal.reason.code, 'lease-expired')
  })

  it('names what kept it from being renewed', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const lease = await keep(scripted)
    await clock.advance(3000)
    for (let waited = 0; waited < 6000; waited += 10) {
      if (!transport.last.isOver) await transport.last.fail(lost())
      await clock.advance(10)
    }
    const { reason } = lease.signal
    assert.equal(reason.code, 'lease-expired')
    assert.equal(
      reason.message,
      `lease ${lease.id} could not be renewed in time: the connection is gone`,
    )
    assert.equal(reason.cause.code, 'connection-lost')
    assert.equal(clock.pending, 0)
  })

  for (const [how, end] of [
    ['breaks', (scripted: Scripted) => scripted.transport.last.fail(lost())],
    ['is ended by the server with OK', (scripted: Scripted) => scripted.transport.last.finish()],
  ] as const) {
    it(`lessons 1.8, D11: is renewed at once on another stream when one that worked ${how}`, async () => {
      const scripted = scriptedLeases()
      const { clock, transport } = scripted
      const lease = await keep(scripted)
      await clock.advance(3000)
      await transport.last.push({ ID: lease.id, TTL: 9 })
      await clock.advance(1500)
      await end(scripted)
      assert.equal(transport.streams.length, 2)
      assert.deepEqual(
        transport.last.sent.map(({ ID }) => ID),
        [lease.id],
      )
      await scripted.etcd.close()
    })
  }

  for (const [ttlSeconds, longestMs] of [
    [3000, 30_000],
    [6, 400],
  ] as const) {
    it(`waits up to ${longestMs} ms for streams that break at once, and is renewed on each, with a TTL of ${ttlSeconds} s`, async () => {
      const scripted = scriptedLeases()
      const { clock, transport } = scripted
      await keep(scripted, ttlSeconds)
      await clock.advance((ttlSeconds * 1000) / 3)
      const pauses: number[] = []
      for (let failures = 0; failures < 15; failures++) {
        assert.equal(transport.last.sent.length, 1)
        await transport.last.fail(lost())
        pauses.push(clock.delays.at(-1) ?? 0)
        await clock.advance(pauses.at(-1) ?? 0)
        assert.equal(transport.streams.length, failures + 2)
      }
      assert.ok((pauses[0] ?? 0) <= 1.25)
      assert.ok((pauses.at(-1) ?? 0) >= 100)
      assert.ok(Math.max(...pauses) <= longestMs, `${pauses}`)
      await scripted.etcd.close()
    })
  }

  it('is tried on another stream when a renewal is unanswered for a third of the TTL', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const lease = await keep(scripted)
    await clock.advance(6000)
    const [silent, second] = transport.streams
    assert.equal(transport.streams.length, 2)
    assert.equal(silent?.canceled, false)
    await second?.push({ ID: lease.id, TTL: 9 })
    // It is of no more use.
    assert.equal(silent?.canceled, true)
    // Sent at 6,000.
    await clock.advance(8999)
    assert.equal(lease.signal.aborted, false)
    await clock.advance(1)
    assert.equal(lease.signal.aborted, true)
    assert.equal(clock.pending, 0)
  })

  it('lives on with a server that takes longer than a third of the TTL for each answer', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const lease = await keep(scripted)
    await clock.advance(3000)
    for (let second = 0; second < 60; second += 3) {
      const late = transport.last
      await clock.advance(3000)
      assert.notEqual(transport.last, late)
      await late.push({ ID: lease.id, TTL: 9 })
      assert.equal(lease.signal.aborted, false)
      // The streams before are not kept.
      assert.ok(transport.streams.slice(0, -2).every(({ canceled }) => canceled))
    }
    await scripted.etcd.close()
    assert.ok(transport.streams.every(({ canceled }) => canceled))
  })

  it('lives on through a stream that is refused for good, until its time is up', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const lease = await keep(scripted)
    await clock.advance(3000)
    await transport.last.fail(new EtcdError('no', { code: 'permission-denied' }))
    await clock.advance(5999)
    assert.equal(lease.signal.aborted, false)
    await clock.advance(1)
    assert.equal(lease.signal.reason.code, 'lease-expired')
  })

  for (const TTL of [0, -1]) {
    it(`is lost when the server answers TTL ${TTL}`, async () => {
      const scripted = scriptedLeases()
      const { clock, transport } = scripted
      const lease = await keep(scripted)
      const other = await keep(scripted)
      await clock.advance(3000)
      await transport.last.push({ ID: lease.id, TTL })
      assert.equal(lease.signal.reason.code, 'lease-not-found')
      assert.equal(lease.signal.reason.message, `lease ${lease.id} not found`)
      assert.equal(other.signal.aborted, false)
      await scripted.etcd.close()
    })
  }

  it('lessons 1.21, D19: of 9,000,000,000 seconds overflows no timer and is hardly ever renewed', async () => {
    const scripted = scriptedLeases()
    const { clock } = scripted
    await keep(scripted, 9_000_000_000)
    await clock.advance(86_400_000 * 60)
    assert.equal(renewals(scripted).length, 0)
    assert.ok(clock.delays.every((delay) => delay <= 2_147_483_647))
    await scripted.etcd.close()
  })

  it('shares one stream and one timer with all others', async () => {
    const scripted = scriptedLeases()
    const { clock, transport } = scripted
    const leases: Lease[] = []
    for (let count = 0; count < 200; count++) {
      leases.push(await keep(scripted))
      await clock.advance(1)
    }
    assert.equal(clock.pending, 1)
    clock.delays.length = 0
    for (let second = 0; second < 60; second++) {
      await clock.advance(500)
      if (transport.streams.length === 0) continue
      const unanswered = transport.last.sent.splice(0)
      for (const { ID } of unanswered) await transport.last.push({ ID, TTL: 9 })
    }
    assert.equal(transport.streams.length, 1)
    assert.equal(clock.pending, 1)
    // Leases that are due at about the same time are renewed at the same time.
    assert.ok(clock.delays.length < 60, `${clock.delays.length} timers`)
    assert.ok(leases.every(({ signal }) => !signal.aborted))
    await scripted.etcd.close()
  })

  it('is renewed by rounds where a stream cannot go on sending', async () => {
    const scripted = scriptedLeases({ fullDuplex: false })
    const { clock, transport } = scripted
    const leases = [await keep(scripted), await keep(scripted)]
    for (let round = 1; round <= 3; round++) {
      await clock.advance(3000)
      assert.equal(transport.streams.length, round)
      assert.equal(transport.last.halfClosed, true)
      for (const { id } of leases) await transport.last.push({ ID: id, TTL: 9 })
      await transport.last.finish()
    }
    await clock.advance(2000)
    assert.equal(transport.streams.length, 3)
    assert.ok(leases.every(({ signal }) => !signal.aborted))
    await scripted.etcd.close()
  })
})

describe('the end of a lease', () => {
  it('lease.release stops the renewals and aborts the signal', async () => {
    const scripted = scriptedLeases()
    const lease = await keep(scripted)
    lease.release()
    assert.equal(lease.signal.reason.code, 'canceled')
    await scripted.clock.advance(20_000)
    assert.equal(scripted.transport.calls.length, 1)
    assert.equal(scripted.clock.pending, 0)
    await lease[Symbol.asyncDispose]()
    assert.equal(scripted.transport.calls.length, 1)
  })

  it('lease.revoke aborts the signal at once and resolves when the server has revoked it', async () => {
    const scripted = scriptedLeases()
    const lease = await keep(scripted)
    const revoked = lease.revoke()
    assert.equal(lease.signal.reason.code, 'lease-not-found')
    const call = await scripted.transport.lastCall()
    assert.deepEqual([call.name, call.request.ID], ['LeaseRevoke', lease.id])
    call.answer({})
    await revoked
    await lease.revoke()
    assert.equal(scripted.transport.calls.length, 2)
  })

  it('lease.revoke takes a lease that is gone for revoked, and rejects otherwise', async () => {
    const scripted = scriptedLeases()
    const lease = await keep(scripted)
    const failed = lease.revoke()
    const denied = new EtcdError('permission denied', { code: 'permission-denied' })
    ;(await scripted.transport.lastCall()).fail(denied)
    await assert.rejects(failed, { message: `Cannot revoke lease ${lease.id}: permission denied` })
    const again = lease.revoke()
    const gone = new EtcdError('requested lease not found', { code: 'lease-not-found' })
    ;(await scripted.transport.lastCall()).fail(gone)
    await again
  })

  it('dispose revokes it, and never rejects', async () => {
    const scripted = scriptedLeases()
    const lease = await keep(scripted)
    const disposed = lease[Symbol.asyncDispose]()
    ;(await scripted.transport.lastCall()).fail(new EtcdError('no', { code: 'permission-denied' }))
    await disposed
    assert.equal(scripted.clock.pending, 0)
  })

  it('etcd.close stops the renewals, aborts the signals, and revokes if asked', async () => {
    const scripted = scriptedLeases()
    const lease = await keep(scripted)
    const closing = scripted.etcd.close({ revokeLeases: true })
    assert.equal(lease.signal.reason.code, 'closed')
    const call = await scripted.transport.lastCall()
    assert.deepEqual([call.name, call.request.ID], ['LeaseRevoke', lease.id])
    assert.equal(scripted.transport.closed, false)
    call.answer({})
    await closing
    assert.equal(scripted.transport.closed, true)
    assert.equal(scripted.clock.pending, 0)
    await lease[Symbol.asyncDispose]()
    assert.equal(scripted.transport.calls.length, 2)
  })

  it('is told to each of two holders of one lease, and renewals go on for the one that is left', async () => {
    const scripted = scriptedLeases()
    const { clock, etcd, transport } = scripted
    const lease = await keep(scripted)
    const attaching = etcd.leases.attach(lease)
    await flush()
    await transport.last.push({ ID: lease.id, TTL: 9 })
    const second = await attaching
    lease.release()
    await clock.advance(3000)
    assert.equal(transport.streams.length, 2)
    await transport.last.push({ ID: lease.id, TTL: 0 })
    assert.equal(second.signal.reason.code, 'lease-not-found')
  })
})
