import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import { flush } from '../support/manual-clock.ts'
import { grantNext, scripted } from '../support/scripted.ts'

const exists = (): EtcdError =>
  new EtcdError('lease already exists', { code: 'lease-exists', outcome: 'not-applied' })
const lostAnswer = (): EtcdError =>
  new EtcdError('the connection is gone', { code: 'connection-lost', outcome: 'unknown' })

describe('etcd.lease', () => {
  it('chooses a random positive id of 63 bits', async () => {
    const { etcd, transport } = scripted()
    const ids = new Set<bigint>()
    for (let count = 0; count < 50; count++) {
      const granting = etcd.lease({ ttlSeconds: 9 })
      await grantNext(transport, 9)
      ids.add(BigInt((await granting).id))
    }
    assert.equal(ids.size, 50)
    assert.ok([...ids].every((id) => id > 0n && id < 2n ** 63n))
    assert.ok([...ids].some((id) => id > 2n ** 60n))
    await etcd.close()
  })

  it('lessons 1.10: asks for the same id again when an answer was lost, and takes the lease that exists then', async () => {
    const { etcd, transport, clock } = scripted()
    const granting = etcd.lease({ ttlSeconds: 9 })
    const first = await transport.lastCall()
    assert.equal(first.options?.timeoutMs, 5000)
    first.fail(lostAnswer())
    await clock.advance(2)
    const second = await transport.lastCall()
    assert.equal(second.request.ID, first.request.ID)
    assert.ok((second.options?.timeoutMs ?? 0) < 5000)
    second.fail(exists())
    const asked = await transport.lastCall()
    assert.equal(asked.name, 'LeaseTimeToLive')
    asked.answer({ ID: first.request.ID, TTL: 7, grantedTTL: 12 })
    const lease = await granting
    assert.deepEqual([lease.id, lease.ttlSeconds], [first.request.ID, 12])
    // It lives from when it was asked for first.
    await clock.advance(11_997)
    assert.equal(lease.signal.aborted, false)
    await clock.advance(3)
    assert.equal(lease.signal.aborted, true)
  })

  it('starts over when the lease of a lost answer has ended since', async () => {
    const { etcd, transport, clock } = scripted()
    const granting = etcd.lease({ ttlSeconds: 9 })
    const first = await transport.lastCall()
    first.fail(lostAnswer())
    await clock.advance(2)
    ;(await transport.lastCall()).fail(exists())
    ;(await transport.lastCall()).answer({ ID: first.request.ID, TTL: -1 })
    const id = await grantNext(transport, 9)
    assert.notEqual(id, first.request.ID)
    assert.equal((await granting).id, id)
    await etcd.close()
  })

  it('tries another id when the first is taken by someone else', async () => {
    const { etcd, transport } = scripted()
    const granting = etcd.lease({ ttlSeconds: 9 })
    const first = await transport.lastCall()
    first.fail(exists())
    const id = await grantNext(transport, 9)
    assert.notEqual(id, first.request.ID)
    assert.equal((await granting).id, id)
    await etcd.close()
  })

  it('rejects when the id asked for is taken, and says so when it may be ours', async () => {
    const { etcd, transport, clock } = scripted()
    const taken = etcd.lease({ ttlSeconds: 9, id: '77' })
    ;(await transport.lastCall()).fail(exists())
    await assert.rejects(taken, {
      code: 'lease-exists',
      outcome: 'not-applied',
      message: 'Cannot grant a lease: lease already exists',
    })
    const unclear = etcd.lease({ ttlSeconds: 9, id: '78' })
    ;(await transport.lastCall()).fail(lostAnswer())
    await clock.advance(2)
    ;(await transport.lastCall()).fail(exists())
    await assert.rejects(unclear, { code: 'lease-exists', outcome: 'unknown' })
  })

  it('gives up at its deadline, and revokes what may have been made', async () => {
    const { etcd, transport, clock } = scripted()
    const granting = assert.rejects(etcd.lease({ ttlSeconds: 9, timeoutMs: 100 }), {
      code: 'connection-lost',
      outcome: 'unknown',
    })
    const first = await transport.lastCall()
    for (let elapsed = 0; elapsed < 200; elapsed += 1) {
      const call = await transport.lastCall()
      if (call.name === 'LeaseGrant') call.fail(lostAnswer())
      await clock.advance(1)
    }
    await granting
    const last = await transport.lastCall()
    assert.deepEqual([last.name, last.request.ID], ['LeaseRevoke', first.request.ID])
    assert.equal(clock.pending, 0)
  })

  it('does not repeat what the server refused', async () => {
    const { etcd, transport } = scripted()
    const granting = etcd.lease({ ttlSeconds: 9 })
    const call = await transport.lastCall()
    call.fail(
      new EtcdError('permission denied', { code: 'permission-denied', outcome: 'not-applied' }),
    )
    await assert.rejects(granting, { code: 'permission-denied' })
    assert.equal(transport.calls.length, 1)
  })

  it('under way when the client closes and revokes its leases rejects at once, and revokes what is made', async () => {
    for (const isAborted of [false, true]) {
      const { etcd, transport, clock } = scripted()
      const controller = new AbortController()
      const granting = etcd.lease({ ttlSeconds: 9, signal: controller.signal })
      const raw = etcd.leases.grant({ ttlSeconds: 9, id: '77' })
      await flush()
      const [grant, rawGrant] = transport.calls
      if (isAborted) controller.abort('enough')
      let isClosed = false
      const closing = etcd.close({ revokeLeases: true }).then(() => {
        isClosed = true
      })
      const closed = {
        code: 'closed',
        outcome: 'unknown',
        message: 'Cannot grant a lease: the client is closed',
      }
      await assert.rejects(granting, isAborted ? (error) => error === 'enough' : closed)
      await assert.rejects(raw, closed)
      await assert.rejects(etcd.lease({ ttlSeconds: 9 }), { code: 'closed' })
      grant?.answer({ ID: grant.request.ID, TTL: 9 })
      const revocation = await transport.lastCall()
      assert.deepEqual([revocation.name, revocation.request.ID], ['LeaseRevoke', grant?.request.ID])
      rawGrant?.fail(lostAnswer())
      await clock.advance(2)
      const again = await transport.lastCall()
      assert.equal(again.name, 'LeaseGrant')
      again.answer({ ID: '77', TTL: 9 })
      const last = await transport.lastCall()
      assert.deepEqual([last.name, last.request.ID], ['LeaseRevoke', '77'])
      revocation.answer({})
      await flush()
      assert.deepEqual([isClosed, transport.closed], [false, false])
      last.fail(new EtcdError('lease not found', { code: 'lease-not-found' }))
      await closing
      assert.deepEqual([transport.closed, clock.pending, transport.calls.length], [true, 0, 5])
    }
  })

  it('unanswered holds a close that revokes leases up for no longer than a call may take', async () => {
    const { etcd, transport, clock } = scripted()
    const granting = etcd.lease({ ttlSeconds: 9, timeoutMs: 60_000 })
    await flush()
    const closing = etcd.close({ revokeLeases: true })
    await assert.rejects(granting, { code: 'closed' })
    await clock.advance(4999)
    assert.equal(transport.closed, false)
    await clock.advance(1)
    await closing
    assert.deepEqual([transport.closed, clock.pending], [true, 0])
  })

  it('answered in the moment of a close that revokes leases is revoked', async () => {
    for (let turns = 0; turns < 8; turns++) {
      const { etcd, transport } = scripted()
      const end = etcd.lease({ ttlSeconds: 9 }).then(
        ({ signal }) => signal,
        ({ code }) => code,
      )
      const call = await transport.lastCall()
      call.answer({ ID: call.request.ID, TTL: 9 })
      for (let turn = 0; turn < turns; turn++) await Promise.resolve()
      const closing = etcd.close({ revokeLeases: true })
      const revocation = await transport.lastCall()
      assert.deepEqual([revocation.name, revocation.request.ID], ['LeaseRevoke', call.request.ID])
      revocation.answer({})
      await closing
      const told = await end
      assert.equal(told.reason?.code ?? told, 'closed')
    }
  })

  it('aborted while it is made rejects at once, and revokes what is made', async () => {
    const { etcd, transport } = scripted()
    const controller = new AbortController()
    const granting = etcd.lease({ ttlSeconds: 9, signal: controller.signal })
    await flush()
    controller.abort('enough')
    await assert.rejects(granting, (error) => error === 'enough')
    const id = await grantNext(transport, 9)
    const call = await transport.lastCall()
    assert.deepEqual([call.name, call.request.ID], ['LeaseRevoke', id])
  })

  it('aborted before asks for nothing', async () => {
    const { etcd, transport } = scripted()
    const signal = AbortSignal.abort('early')
    await assert.rejects(etcd.lease({ ttlSeconds: 9, signal }), (error) => error === 'early')
    assert.equal(transport.calls.length, 0)
  })

  for (const [name, options] of Object.entries({
    'no TTL': {},
    'a TTL of 0': { ttlSeconds: 0 },
    'a TTL that is no integer': { ttlSeconds: 1.5 },
    'a TTL that is too long': { ttlSeconds: 9_000_000_001 },
    'a TTL that is text': { ttlSeconds: '5' },
    'an id that is no number': { ttlSeconds: 5, id: 'abc' },
    'the id 0': { ttlSeconds: 5, id: '0' },
    'an unknown option': { ttlSeconds: 5, ttl: 5 },
  })) {
    it(`rejects ${name}`, async () => {
      const { etcd, transport } = scripted()
      // As JavaScript would.
      const granting = etcd.lease(options as { ttlSeconds: number })
      await assert.rejects(granting, /^(Type|Range)Error: Cannot grant a lease: /)
      assert.equal(transport.calls.length, 0)
    })
  }
})

describe('etcd.leases', () => {
  it('lessons D28: keepAliveOnce renews a lease on a stream of its own, which it ends', async () => {
    const { etcd, transport } = scripted()
    const renewing = etcd.leases.keepAliveOnce('7')
    await flush()
    assert.deepEqual(transport.last.sent, [{ ID: '7' }])
    await transport.last.push({ ID: '7', TTL: 9 })
    assert.deepEqual(await renewing, { id: '7', ttlSeconds: 9 })
    assert.equal(transport.last.canceled, true)
  })

  it('lessons 1.23: keepAliveOnce rejects when there is no such lease', async () => {
    const { etcd, transport } = scripted()
    const renewing = etcd.leases.keepAliveOnce('7')
    await flush()
    const rejected = assert.rejects(renewing, {
      code: 'lease-not-found',
      message: 'Cannot renew lease 7: requested lease not found',
    })
    await transport.last.push({ ID: '7', TTL: 0 })
    await rejected
  })

  it('keepAliveOnce tries again after a broken stream', async () => {
    const { etcd, transport, clock } = scripted()
    const renewing = etcd.leases.keepAliveOnce('7')
    await flush()
    await transport.last.fail(lostAnswer())
    await clock.advance(2)
    assert.equal(transport.streams.length, 2)
    await transport.last.push({ ID: '7', TTL: 9 })
    await renewing
  })

  it('timeToLive answers undefined for a lease that is not there', async () => {
    const { etcd, transport } = scripted()
    const asking = etcd.leases.timeToLive('7')
    ;(await transport.lastCall()).answer({ ID: '7', TTL: -1 })
    assert.equal(await asking, undefined)
  })

  it('timeToLive tells what is left, and the keys', async () => {
    const { etcd, transport } = scripted()
    const asking = etcd.leases.timeToLive('7', { keys: true })
    const call = await transport.lastCall()
    assert.equal(call.request.keys, true)
    call.answer({ ID: '7', TTL: 3, grantedTTL: 9, keys: [new Uint8Array([97])] })
    const left = await asking
    assert.deepEqual([left?.ttlSeconds, left?.grantedTtlSeconds, left?.keys], [3, 9, ['a']])
  })

  it('revoke resolves when only the answer to it was lost', async () => {
    const { etcd, transport, clock } = scripted()
    const revoking = etcd.leases.revoke('7')
    ;(await transport.lastCall()).fail(lostAnswer())
    await clock.advance(2)
    const gone = new EtcdError('requested lease not found', { code: 'lease-not-found' })
    ;(await transport.lastCall()).fail(gone)
    await revoking
    const again = etcd.leases.revoke('7')
    ;(await transport.lastCall()).fail(gone)
    await assert.rejects(again, { code: 'lease-not-found' })
  })

  it('list tells the ids', async () => {
    const { etcd, transport } = scripted()
    const listing = etcd.leases.list()
    ;(await transport.lastCall()).answer({ leases: [{ ID: '7' }, { ID: '-3' }] })
    assert.deepEqual(await listing, ['7', '-3'])
  })
})
