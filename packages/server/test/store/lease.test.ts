// Leases: reference/server-v3.md, section 7.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AlarmAction, AlarmType, LeaseGrantRequest } from '@etcdkit/protocol'
import { op, refuses, text, World } from './world.ts'

function ids(world: World): string[] {
  return world.store.leaseLeases().leases.map(({ ID }) => ID)
}

function left(world: World, ID: string): [number, number] {
  const { TTL, grantedTTL } = world.store.leaseTimeToLive({ ID, keys: false })
  return [TTL, grantedTTL]
}

function keepAlive(world: World, ID: string): number {
  return world.store.leaseKeepAlive({ ID }).TTL
}

test('store.leaseGrant grants what is asked, but no less than the least', () => {
  using world = new World()
  assert.deepEqual(world.grant('7', 60), {
    header: world.store.header(),
    ID: '7',
    TTL: 60,
    error: '',
  })
  assert.equal(world.grant('-8', 1).TTL, 2)
  assert.equal(world.grant('9', 0).TTL, 2)
  assert.equal(world.grant('10', -5).TTL, 2)
  assert.equal(world.grant('11', 9_000_000_000).TTL, 9_000_000_000)
  assert.equal(world.store.revision, 1)
})

test('store.leaseGrant with the id 0 chooses one', () => {
  using world = new World({ random: Math.random })
  const chosen = Array.from({ length: 50 }, () => world.grant('0', 10).ID)
  assert.equal(new Set(chosen).size, 50)
  for (const id of chosen) {
    assert.match(id, /^\d{19}$/)
    assert.ok(BigInt(id) < 2n ** 63n)
  }
})

test('store.leaseGrant finds an id whatever the dice say', () => {
  using world = new World({ random: () => 0.999999999999 })
  const chosen = [1, 2, 3].map(() => world.grant('0', 10).ID)
  assert.equal(new Set(chosen).size, 3)
  for (const id of chosen) assert.match(id, /^\d{19}$/)
})

test('store.leaseGrant takes the least time to live from its options', () => {
  using world = new World({ minLeaseTtlSeconds: 15 })
  assert.equal(world.grant('7', 3).TTL, 15)
})

test('store.leaseGrant refuses an id in use, and what lasts too long', () => {
  using world = new World()
  world.grant('7', 60)
  refuses('lease-exists', () => world.grant('7', 60))
  refuses('lease-ttl-too-large', () => world.grant('8', 9_000_000_001))
  refuses('lease-ttl-too-large', () => world.grant('7', 9_000_000_001))
})

test('store.leaseRevoke deletes the keys at one revision, in order', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('\0', '\0')
  world.grant('7', 60)
  for (const key of 'cab') world.put(key, key, { lease: '7' })
  watch.take()
  const { header } = world.store.leaseRevoke({ ID: '7' })
  assert.equal(header?.revision, 5)
  assert.deepEqual(watch.takeShort(), ['#0 @5 delete a 5, delete b 5, delete c 5'])
  refuses('lease-not-found', () => world.store.leaseRevoke({ ID: '7' }))
  refuses('lease-not-found', () => world.store.leaseRevoke({ ID: '0' }))
})

test('store.leaseRevoke of a lease without keys changes nothing', () => {
  using world = new World()
  world.grant('7', 60)
  world.put('a', '', { lease: '7' })
  world.put('a')
  world.store.leaseRevoke({ ID: '7' })
  assert.deepEqual([world.store.revision, world.contents()], [3, ['a=']])
})

test('store.leaseTimeToLive tells what is left, in whole seconds', () => {
  using world = new World()
  world.grant('7', 10)
  assert.deepEqual(left(world, '7'), [10, 10])
  world.clock.advance(1)
  assert.deepEqual(left(world, '7'), [9, 10])
  world.clock.advance(8999)
  assert.deepEqual(left(world, '7'), [1, 10])
  assert.deepEqual(world.store.leaseTimeToLive({ ID: '5', keys: true }), {
    header: world.store.header(),
    ID: '5',
    TTL: -1,
    grantedTTL: 0,
    keys: [],
  })
})

test('store.leaseTimeToLive tells the keys, if asked', () => {
  using world = new World()
  world.grant('7', 10)
  world.grant('8', 10)
  for (const key of 'abcd') world.put(key, '', { lease: '7' })
  world.put('b', '', { lease: '8' })
  world.put('c')
  world.delete('d')
  world.put('e', '', { lease: '7' })
  const keys = (ID: string, wanted: boolean) =>
    world.store.leaseTimeToLive({ ID, keys: wanted }).keys.map(text)
  assert.deepEqual(keys('7', true), ['a', 'e'])
  assert.deepEqual(keys('8', true), ['b'])
  assert.deepEqual(keys('7', false), [])
  assert.deepEqual(world.store.leaseKeys('7')?.map(text), ['a', 'e'])
  assert.equal(world.store.leaseKeys('9'), undefined)
})

test('store.leaseLeases has the lease with least time left first', () => {
  using world = new World()
  world.grant('7', 30)
  world.grant('8', 10)
  world.grant('9', 20)
  assert.deepEqual(ids(world), ['8', '9', '7'])
  world.clock.advance(8000)
  keepAlive(world, '8')
  assert.deepEqual(ids(world), ['8', '9', '7'])
  world.clock.advance(3000)
  keepAlive(world, '8')
  assert.deepEqual(ids(world), ['9', '8', '7'])
})

test('store.leaseKeepAlive starts the time anew; 0 for a lease that is not there', () => {
  using world = new World()
  world.grant('7', 10)
  world.clock.advance(9000)
  assert.equal(keepAlive(world, '7'), 10)
  assert.deepEqual(left(world, '7'), [10, 10])
  assert.equal(keepAlive(world, '8'), 0)
})

test('a lease past its time is revoked at the next of the moments 500 ms apart', () => {
  using world = new World()
  world.clock.advance(200)
  world.grant('7', 3)
  world.put('a', '1', { lease: '7' })
  world.clock.advance(3299)
  assert.deepEqual([world.contents(), left(world, '7')], [['a=1'], [0, 3]])
  world.clock.advance(1)
  assert.deepEqual([world.contents(), left(world, '7')], [[], [-1, 0]])
  assert.equal(world.store.revision, 3)
})

test('a lease kept alive lasts', () => {
  using world = new World()
  world.grant('7', 3)
  world.put('a', '1', { lease: '7' })
  for (let count = 0; count < 20; count++) {
    world.clock.advance(2999)
    assert.equal(keepAlive(world, '7'), 3)
  }
  world.clock.advance(3500)
  assert.deepEqual(world.contents(), [])
})

test('a lease that ends sooner than those before it ends in its time', () => {
  using world = new World()
  world.grant('7', 1000)
  world.grant('8', 5)
  world.clock.advance(5000)
  assert.deepEqual(ids(world), ['7'])
  world.clock.advance(995_000)
  assert.deepEqual(ids(world), [])
})

test('leases that end together end by themselves, and in the order of their ends', () => {
  using world = new World()
  const watch = world.watch()
  watch.create('\0', '\0')
  world.grant('7', 3)
  world.clock.advance(-1)
  world.grant('8', 2)
  world.put('a', '', { lease: '7' })
  world.put('b', '', { lease: '8' })
  watch.take()
  world.clock.advance(60_000)
  assert.deepEqual(watch.takeShort(), ['#0 @4 delete b 4', '#0 @5 delete a 5'])
})

test('no more leases end at once than the store was told', () => {
  using world = new World({ leaseRevokesPerCheck: 2 })
  for (const id of ['5', '6', '7', '8', '9']) world.grant(id, 2)
  world.clock.advance(2000)
  assert.deepEqual(ids(world), ['7', '8', '9'])
  world.clock.advance(500)
  assert.deepEqual(ids(world), ['9'])
  world.clock.advance(500)
  assert.deepEqual(ids(world), [])
})

test('store.leaseKeepAlive of a lease past its time ends it: who hears of that may count on it', () => {
  using world = new World()
  world.clock.advance(100)
  world.grant('7', 2)
  world.put('a', '', { lease: '7' })
  world.clock.advance(2100)
  assert.equal(world.range('a').count, 1)
  assert.equal(keepAlive(world, '7'), 0)
  assert.equal(world.range('a').count, 0)
})

test('a key can be attached to a lease past its time, and goes with it', () => {
  using world = new World()
  world.clock.advance(100)
  world.grant('7', 2)
  world.clock.advance(2100)
  world.put('a', '', { lease: '7' })
  world.clock.advance(500)
  assert.equal(world.range('a').count, 0)
})

test('a lease outlives its keys', () => {
  using world = new World()
  world.grant('7', 10)
  world.put('a', '', { lease: '7' })
  world.delete('a')
  world.put('a', 'free')
  assert.deepEqual(ids(world), ['7'])
  world.clock.advance(10_000)
  assert.deepEqual(world.contents(), ['a=free'])
})

test('leases do not end while the CORRUPT alarm is on', () => {
  using world = new World()
  const alarm = { memberID: '1', alarm: AlarmType.CORRUPT }
  world.grant('7', 2)
  world.put('a', '', { lease: '7' })
  world.store.alarm({ action: AlarmAction.ACTIVATE, ...alarm })
  world.clock.advance(5000)
  assert.equal(keepAlive(world, '7'), 0)
  assert.deepEqual(world.contents(), ['a='])
  world.store.alarm({ action: AlarmAction.DEACTIVATE, ...alarm })
  world.clock.advance(500)
  assert.deepEqual(world.contents(), [])
})

test('store.close ends no lease by its time', () => {
  using world = new World()
  world.grant('7', 2)
  world.store.close()
  world.store.leaseGrant(LeaseGrantRequest.create({ ID: '8', TTL: 2 }))
  world.clock.advance(60_000)
  assert.deepEqual(ids(world), ['7', '8'])
})

test('a txn may move a key between leases', () => {
  using world = new World()
  world.grant('7', 2)
  world.grant('8', 20)
  world.put('a', '1', { lease: '7' })
  world.txn({ success: [op.put('a', '2', { lease: '8' })] })
  world.clock.advance(2000)
  assert.deepEqual(world.contents(), ['a=2'])
})
