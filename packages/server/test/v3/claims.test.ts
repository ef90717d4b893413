// Locks and elections that the server holds: reference/server-v3.md, section 13.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  Auth,
  decodeUtf8,
  Election,
  encodeUtf8,
  KV,
  type LeaderResponse,
  Lease,
  Lock,
  PermissionType,
  type Transport,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { pollUntil } from '../../../../tests/support/poll.ts'
import { forEachWire, has, put } from './wires.ts'

const name = encodeUtf8('n')
const statusUnknown = { code: 'lease-not-found' }

async function grant(transport: Transport, ...ids: string[]): Promise<void> {
  for (const ID of ids) await transport.unary(Lease.leaseGrant, { ID, TTL: 60 })
}

/** The keys that wait, or hold, oldest first. */
async function claimants(transport: Transport): Promise<string[]> {
  const range = { key: encodeUtf8('n/'), rangeEnd: encodeUtf8('n0') }
  const { kvs } = await transport.unary(KV.range, { ...range, sortTarget: 2, sortOrder: 1 })
  return kvs.map(({ key }) => decodeUtf8(key))
}

function until(isMet: () => Promise<boolean>): Promise<void> {
  return pollUntil(isMet, { what: 'the claims', deadlineMs: 60_000, intervalMs: 1 })
}

forEachWire((wire) => {
  failOnLeaks()

  it('Lock is had by one lease at a time, in the order of asking, and by the same again at once', async () => {
    await using world = await wire.start()
    const { transport } = world
    await grant(transport, '10', '11', '-12')
    const order: string[] = []
    const lock = async (lease: string) => {
      const { key, header } = await transport.unary(Lock.lock, { name, lease })
      order.push(decodeUtf8(key))
      return { key, revision: header?.revision }
    }
    const first = await lock('10')
    assert.deepEqual(first, { key: encodeUtf8('n/a'), revision: 2 })
    assert.deepEqual(await lock('10'), first)
    const second = lock('11')
    await until(async () => (await claimants(transport)).length === 2)
    const third = lock('-12')
    await until(async () => (await claimants(transport)).length === 3)
    assert.deepEqual(await claimants(transport), ['n/a', 'n/b', 'n/-c'])
    await transport.unary(Lock.unlock, { key: first.key })
    assert.equal((await second).revision, 5)
    await transport.unary(Lease.leaseRevoke, { ID: '11' })
    assert.equal((await third).revision, 6)
    assert.deepEqual(order, ['n/a', 'n/a', 'n/b', 'n/-c'])
    await transport.unary(Lock.unlock, { key: encodeUtf8('nothing') })
  })

  it('Lock without a lease is granted one of 60 seconds, which nobody keeps alive', async () => {
    await using world = await wire.start({ clock: 'manual' })
    const { server, transport } = world
    await transport.unary(Lock.lock, { name })
    server.clock.advance(59_000)
    assert.equal((await claimants(transport)).length, 1)
    server.clock.advance(2_000)
    assert.equal((await claimants(transport)).length, 0)
  })

  it('whoever gives up waiting leaves no key, nor a watch, behind', async () => {
    await using world = await wire.start()
    const { transport } = world
    await grant(transport, '10', '11', '12')
    await transport.unary(Lock.lock, { name, lease: '10' })
    const given = new AbortController()
    const reason = new Error('mine')
    const waiting = transport.unary(Lock.lock, { name, lease: '11' }, { signal: given.signal })
    const campaign = transport.unary(
      Election.campaign,
      { name, lease: '12', value: name },
      { signal: given.signal },
    )
    const failed = Promise.allSettled([waiting, campaign])
    await until(async () => (await claimants(transport)).length === 3)
    given.abort(reason)
    await failed
    await until(async () => (await claimants(transport)).length === 1)
    assert.deepEqual(await claimants(transport), ['n/a'])
  })

  it('Lock tells a waiter whose own lease ends that it is out', async () => {
    await using world = await wire.start()
    const { transport } = world
    await grant(transport, '10', '11')
    const { key } = await transport.unary(Lock.lock, { name, lease: '10' })
    const waiting = transport.unary(Lock.lock, { name, lease: '11' })
    const failed = assert.rejects(waiting, { code: 'mutex-session-expired' })
    await until(async () => (await claimants(transport)).length === 2)
    await transport.unary(Lease.leaseRevoke, { ID: '11' })
    await transport.unary(Lock.unlock, { key })
    await failed
  })

  it('locks and elections refuse as the store does, in its words', async () => {
    await using world = await wire.start()
    const { transport } = world
    await assert.rejects(transport.unary(Lock.lock, { name, lease: '9' }), statusUnknown)
    await assert.rejects(transport.unary(Lock.unlock, {}), { code: 'empty-key' })
    await assert.rejects(transport.unary(Election.campaign, { name, lease: '9' }), statusUnknown)
    await assert.rejects(transport.unary(Election.leader, { name }), {
      code: 'election-no-leader',
    })
    for (const method of [Election.proclaim, Election.resign] as const) {
      const call = transport.unary(method as typeof Election.proclaim, {})
      await assert.rejects(call, { code: 'election-leader-missing' })
    }
  })

  it('a campaign is won by the oldest, proclaims, resigns, and is lost without harm', async () => {
    await using world = await wire.start()
    const { transport } = world
    await grant(transport, '10', '11')
    const campaign = async (lease: string, value: string) => {
      const answer = await transport.unary(Election.campaign, {
        name,
        lease,
        value: encodeUtf8(value),
      })
      assert.ok(answer.leader)
      return answer.leader
    }
    const leads = async () => {
      const { kv } = await transport.unary(Election.leader, { name })
      return [kv?.key, kv?.value].map((bytes) => decodeUtf8(bytes ?? new Uint8Array()))
    }
    const ten = await campaign('10', 'x')
    assert.deepEqual(ten, { name, key: encodeUtf8('n/a'), rev: 2, lease: '10' })
    assert.deepEqual(await campaign('10', 'y'), ten)
    assert.deepEqual(await leads(), ['n/a', 'y'])
    await transport.unary(Election.proclaim, { leader: ten, value: encodeUtf8('z') })
    assert.deepEqual(await leads(), ['n/a', 'z'])
    const stale = { leader: { ...ten, rev: 77 }, value: name }
    await assert.rejects(transport.unary(Election.proclaim, stale), {
      code: 'election-not-leader',
    })
    await transport.unary(Election.resign, { leader: { ...ten, rev: 77 } })
    assert.deepEqual(await leads(), ['n/a', 'z'])
    const eleven = campaign('11', 'e')
    await until(async () => (await claimants(transport)).length === 2)
    await transport.unary(Election.resign, { leader: ten })
    assert.equal((await eleven).lease, '11')
    assert.deepEqual(await leads(), ['n/b', 'e'])
  })

  it('Observe tells who leads, what they proclaim, and who comes after them', async () => {
    await using world = await wire.start()
    const { transport } = world
    await grant(transport, '10', '11')
    const stream = transport.stream(Election.observe)
    stream.send({ name })
    stream.end()
    const answers = stream[Symbol.asyncIterator]()
    const next = async () => {
      const answer: LeaderResponse | undefined = (await answers.next()).value
      return [decodeUtf8(answer?.kv?.value ?? new Uint8Array()), answer?.header?.revision]
    }
    // Before anyone leads.
    const first = next()
    const campaign = (lease: string, value: string) =>
      transport.unary(Election.campaign, { name, lease, value: encodeUtf8(value) })
    const { leader } = await campaign('10', 'x')
    assert.deepEqual(await first, ['x', 2])
    for (const value of ['y', 'z']) {
      await transport.unary(Election.proclaim, { leader, value: encodeUtf8(value) })
    }
    assert.deepEqual(
      [await next(), await next()],
      [
        ['y', 3],
        ['z', 4],
      ],
    )
    const eleven = campaign('11', 'e')
    await until(async () => (await claimants(transport)).length === 2)
    await transport.unary(Election.resign, { leader })
    await eleven
    assert.deepEqual(await next(), ['e', 6])
    stream.cancel()
  })

  it('Observe tells a slow reader all of it, however much the leader has to say', async () => {
    await using world = await wire.start()
    const { transport } = world
    await grant(transport, '10')
    const value = new Uint8Array(10_000)
    const { leader } = await transport.unary(Election.campaign, { name, lease: '10', value })
    const stream = transport.stream(Election.observe)
    stream.send({ name })
    const answers = stream[Symbol.asyncIterator]()
    await answers.next()
    const rounds = 400
    for (let round = 0; round < rounds; round++) {
      await transport.unary(Election.proclaim, { leader, value })
    }
    for (let round = 0; round < rounds; round++) {
      const { value: told } = await answers.next()
      assert.equal(told?.kv?.modRevision, 3 + round)
    }
    stream.cancel()
  })

  it('with auth on a lock takes what its keys take', async () => {
    await using world = await wire.start()
    const { transport } = world
    for (const user of ['root', 'ann']) {
      await transport.unary(Auth.userAdd, { name: user, password: user })
      await transport.unary(Auth.roleAdd, { name: user })
      await transport.unary(Auth.userGrantRole, { user, role: user })
    }
    const perm = {
      permType: PermissionType.READWRITE,
      key: encodeUtf8('n/'),
      rangeEnd: encodeUtf8('n0'),
    }
    await transport.unary(Auth.roleGrantPermission, { name: 'ann', perm })
    await transport.unary(Auth.authEnable, {})
    await assert.rejects(transport.unary(Lock.lock, { name }), { code: 'user-empty' })
    const { token } = await transport.unary(Auth.authenticate, { name: 'ann', password: 'ann' })
    const ann = { headers: { token } }
    const other = transport.unary(Lock.lock, { name: encodeUtf8('m') }, ann)
    await assert.rejects(other, { code: 'permission-denied' })
    const { key } = await transport.unary(Lock.lock, { name }, ann)
    await transport.unary(Lock.unlock, { key }, ann)
    const observed = transport.stream(Election.observe)
    observed.send({ name })
    assert.deepEqual(await observed[Symbol.asyncIterator]().next(), {
      done: true,
      value: undefined,
    })
  })
})

forEachWire((wire) => {
  it('a closing server ends those who wait for a lock', async () => {
    const world = await wire.start()
    const { transport } = world
    await grant(transport, '10', '11')
    await transport.unary(Lock.lock, { name, lease: '10' })
    assert.ok(await has(transport, 'n/a'))
    await put(transport, 'other')
    const waiting = transport.unary(Lock.lock, { name, lease: '11' }, { timeoutMs: 60_000 })
    const failed = assert.rejects(waiting)
    await until(async () => (await claimants(transport)).length === 2)
    await world[Symbol.asyncDispose]()
    await failed
  })
})
