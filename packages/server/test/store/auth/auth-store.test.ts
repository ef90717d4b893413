// Users, roles and who may do what, without a wire: reference/server-v3.md, section 9.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  AlarmRequest,
  CompactionRequest,
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  LeaseRevokeRequest,
  LeaseTimeToLiveRequest,
  PermissionType,
  PutRequest,
  RangeRequest,
  TxnRequest,
} from '@etcdkit/protocol'
import type { Credentials } from '../../../src/store/auth/credentials.ts'
import { bytes, op, refuses, World } from '../world.ts'

/** A call that shows a token: the name of the user it was made for. */
function as(user: string): Credentials {
  return { metadata: (name) => (name === 'token' ? user : undefined) }
}

const nobody: Credentials = { metadata: () => undefined }

/** Auth is on; ann may read and write from `a` up to `c`, bob may read `b`. */
function authWorld(): World {
  const world = new World()
  const { auth } = world.store
  const { directory } = auth
  const hash = Uint8Array.of(1)
  for (const name of ['root', 'ann', 'bob']) directory.addUser(name, hash)
  directory.grantRole('root', 'root')
  const { READ, READWRITE } = PermissionType
  for (const [user, permType, key, rangeEnd] of [
    ['ann', READWRITE, 'a', 'c'],
    ['bob', READ, 'b', ''],
  ] as const) {
    directory.addRole(`of ${user}`)
    directory.grantPermission(`of ${user}`, {
      permType,
      key: bytes(key),
      rangeEnd: bytes(rangeEnd),
    })
    directory.grantRole(user, `of ${user}`)
  }
  auth.enable()
  for (const name of ['root', 'ann', 'bob']) auth.assignToken(name, name)
  return world
}

test('auth.enable wants a user root with the role root, and is no revision', () => {
  using world = new World()
  const { auth } = world.store
  const { directory } = auth
  refuses('root-user-not-found', () => auth.enable())
  directory.addUser('root', undefined)
  refuses('root-role-not-granted', () => auth.enable())
  directory.grantRole('root', 'root')
  assert.equal(directory.revision, 3)
  auth.enable()
  auth.enable()
  assert.deepEqual([auth.enabled, directory.revision], [true, 3])
  auth.disable()
  auth.disable()
  assert.deepEqual([auth.enabled, directory.revision], [false, 4])
})

test('every change is a revision of the auth store, and what changes nothing is none', () => {
  using world = authWorld()
  const { directory } = world.store.auth
  const start = directory.revision
  directory.grantRole('ann', 'of ann')
  refuses('role-exists', () => directory.addRole('of ann'))
  refuses('user-exists', () => directory.addUser('ann', undefined))
  refuses('role-not-granted', () => directory.revokeRole('ann', 'of bob'))
  assert.equal(directory.revision, start)
  world.store.auth.changePassword('ann', Uint8Array.of(2))
  directory.grantRole('ann', 'of bob')
  directory.revokePermission('of bob', { key: bytes('b'), rangeEnd: bytes('') })
  world.store.auth.deleteRole('of ann')
  assert.equal(directory.revision, start + 4)
  assert.deepEqual(directory.user('ann').roles, ['of bob'])
  assert.equal(world.store.revision, 1)
})

test('while auth is on nothing may be done to what makes root', () => {
  using world = authWorld()
  const { auth } = world.store
  const { directory } = auth
  directory.addRole('root')
  for (const run of [
    () => auth.deleteUser('root'),
    () => auth.deleteRole('root'),
    () => auth.revokeRole('root', 'root'),
  ]) {
    refuses('invalid-auth-management', run)
  }
  auth.disable()
  auth.revokeRole('root', 'root')
  auth.deleteRole('root')
  auth.deleteUser('root')
})

test('tokens die with their user, their password and with auth, and not with roles', () => {
  using world = authWorld()
  const { auth } = world.store
  auth.revokeRole('ann', 'of ann')
  assert.equal(auth.userOf(as('ann')), 'ann')
  auth.deleteUser('bob')
  auth.changePassword('ann', Uint8Array.of(2))
  for (const user of ['ann', 'bob']) refuses('invalid-auth-token', () => auth.userOf(as(user)))
  assert.equal(auth.userOf(as('root')), 'root')
  auth.disable()
  assert.equal(auth.userOf(as('root')), undefined)
  auth.enable()
  refuses('invalid-auth-token', () => auth.userOf(as('root')))
})

test('a call is from whom its token says, in either place and form, or else its certificate', () => {
  using world = authWorld()
  const { auth } = world.store
  const credentials = (metadata: Record<string, string>, commonName?: string): Credentials => ({
    metadata: (name) => metadata[name],
    commonName,
  })
  const userOf = (metadata: Record<string, string>, commonName?: string) =>
    auth.userOf(credentials(metadata, commonName))
  assert.equal(userOf({ token: 'ann', authorization: 'bob' }, 'root'), 'ann')
  assert.equal(userOf({ authorization: 'bob' }, 'root'), 'bob')
  assert.equal(userOf({ authorization: 'Bearer bob' }), 'bob')
  assert.equal(userOf({}, 'root'), 'root')
  assert.equal(userOf({}), undefined)
  refuses('invalid-auth-token', () => userOf({ token: 'none' }, 'root'))
  const { store } = world
  const range = RangeRequest.create({ key: bytes('a') })
  // A name that is no user's may do nothing; it is not nobody.
  refuses('permission-denied', () => store.range(range, credentials({}, 'stranger')))
  refuses('permission-denied', () => store.range(range, credentials({}, '')))
  assert.equal(store.range(range, credentials({}, 'ann')).count, 0)
})

type Allowed = 'ann' | 'bob' | 'root'

/** What is asked, and who may ask it. */
const requests: readonly [string, (world: World, from: Credentials) => unknown, Allowed[]][] = [
  ['a read', read('a'), ['ann', 'root']],
  ['a read both may', read('b'), ['ann', 'bob', 'root']],
  ['a read of a range', read('b', 'c'), ['ann', 'root']],
  ['a read beyond it', read('b', 'd'), ['root']],
  ['a read to the end', read('b', '\0'), ['root']],
  ['a put', put({ key: bytes('a') }), ['ann', 'root']],
  ['a put with what was before', put({ key: bytes('b'), prevKv: true }), ['ann', 'root']],
  ['a put with a lease of keys', put({ key: bytes('a'), lease: '7' }), ['root']],
  ['a delete', txn({ success: [op.delete('b')] }), ['ann', 'root']],
  ['a condition', txn({ compare: [{ key: bytes('a') }] }), ['ann', 'root']],
  ['a condition both may make', txn({ compare: [{ key: bytes('b') }] }), ['ann', 'bob', 'root']],
  ['a branch not taken', txn({ failure: [op.range('x')] }), ['root']],
  ['a txn within', txn({ success: [op.txn({ failure: [op.put('x')] })] }), ['root']],
  [
    'a put in a txn with a lease of keys',
    txn({ success: [op.put('a', '', { lease: '7' })] }),
    ['root'],
  ],
  [
    'a compaction',
    ({ store }, from) => store.compact(CompactionRequest.create({ revision: 1 }), from),
    ['root'],
  ],
  [
    'a revocation',
    ({ store }, from) => store.leaseRevoke(LeaseRevokeRequest.create({ ID: '7' }), from),
    ['root'],
  ],
  [
    'a renewal',
    ({ store }, from) => store.leaseKeepAlive(LeaseKeepAliveRequest.create({ ID: '7' }), from),
    ['root'],
  ],
  ['the time of a lease', timeToLive(false), ['ann', 'bob', 'root']],
  ['the keys of a lease', timeToLive(true), ['root']],
  ['all leases', ({ store }, from) => store.leaseLeases(from), ['root']],
  [
    'the alarms',
    ({ store }, from) => store.alarm(AlarmRequest.create(), from),
    ['ann', 'bob', 'root'],
  ],
  [
    'an alarm',
    ({ store }, from) => store.alarm(AlarmRequest.create({ action: 1, alarm: 1 }), from),
    ['root'],
  ],
]

function read(key: string, rangeEnd = '') {
  const request = RangeRequest.create({ key: bytes(key), rangeEnd: bytes(rangeEnd) })
  return ({ store }: World, from: Credentials) => store.range(request, from)
}

function put(init: Parameters<typeof PutRequest.create>[0]) {
  return ({ store }: World, from: Credentials) => store.put(PutRequest.create(init), from)
}

function txn(init: Parameters<typeof TxnRequest.create>[0]) {
  return ({ store }: World, from: Credentials) => store.txn(TxnRequest.create(init), from)
}

function timeToLive(keys: boolean) {
  const request = LeaseTimeToLiveRequest.create({ ID: '7', keys })
  return ({ store }: World, from: Credentials) => store.leaseTimeToLive(request, from)
}

for (const [what, ask, allowed] of requests) {
  test(`${what} is for ${allowed.join(', ')}`, () => {
    for (const user of ['ann', 'bob', 'root'] as const) {
      using world = authWorld()
      const root = as('root')
      world.store.leaseGrant(LeaseGrantRequest.create({ ID: '7', TTL: 100 }), root)
      for (const key of ['b', 'x']) {
        world.store.put(PutRequest.create({ key: bytes(key), lease: '7' }), root)
      }
      if (allowed.includes(user)) ask(world, as(user))
      else refuses('permission-denied', () => ask(world, as(user)))
    }
    using world = authWorld()
    refuses('user-empty', () => ask(world, nobody))
    refuses('invalid-auth-token', () => ask(world, as('eve')))
  })
}

test('a lease that is granted is of whoever says who they are', () => {
  using world = authWorld()
  const request = LeaseGrantRequest.create({ TTL: 5 })
  refuses('user-empty', () => world.store.leaseGrant(request, nobody))
  world.store.leaseGrant(request, as('bob'))
  world.clock.advance(6000)
  assert.deepEqual(world.store.leaseLeases(as('root')).leases, [])
})
