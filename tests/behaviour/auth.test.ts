// Users, roles and permissions by etcd.auth, and what they let a client do. Section 9 of reference/server-v3.md.

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  compare,
  type Etcd,
  type EtcdErrorCode,
  everything,
  from,
  type Key,
  type KeyRange,
  op,
  prefix,
  range,
} from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { differencesOf } from './support/differences.ts'
import { etcdErrorOf } from './support/rejections.ts'
import { connectBySocket } from './support/sockets.ts'

const password = 'a password'
const rootAuth = { username: 'root', password: 'the root password' }

/** Who is on, with auth turned on until it is disposed. */
interface World extends AsyncDisposable {
  readonly root: Etcd
  /** A client of a new user with a new role, which may do `grants`. */
  user(...grants: readonly Grant[]): Promise<Person>
}

type Grant = readonly ['read' | 'write' | 'readwrite', Key | KeyRange]

interface Person extends AsyncDisposable {
  readonly name: string
  readonly role: string
  readonly etcd: Etcd
}

function unique(word: string): string {
  return `${word}-${randomUUID().slice(0, 8)}`
}

async function authOn(server: SuiteServer): Promise<World> {
  const root = connectBySocket(server, { auth: rootAuth })
  await root.auth.enable()
  return {
    root,
    async user(...grants) {
      const [name, role] = [unique('user'), unique('role')]
      await root.auth.users.add(name, { password })
      await root.auth.roles.add(role)
      await root.auth.users.grantRole(name, role)
      for (const [type, target] of grants) await root.auth.roles.grantPermission(role, type, target)
      const etcd = connectBySocket(server, { auth: { username: name, password } })
      return { name, role, etcd, [Symbol.asyncDispose]: () => etcd.close() }
    },
    async [Symbol.asyncDispose]() {
      await root.auth.disable()
      await root.close()
    },
  }
}

function denied(call: Promise<unknown>): Promise<unknown> {
  return etcdErrorOf(call, 'permission-denied')
}

forEachServer(
  'auth',
  (server) => {
    failOnLeaks()

    describe('with auth off', () => {
      it('auth.enable needs a user root with the role root', async () => {
        await using etcd = server.connect()
        const error = await etcdErrorOf(etcd.auth.enable(), 'root-user-not-found')
        assert.match(error.message, /^Cannot enable auth: /)
        assert.equal(error.outcome, 'not-applied')
        await etcd.auth.users.add('root', { password: rootAuth.password })
        await etcdErrorOf(etcd.auth.enable(), 'root-role-not-granted')
        await etcd.auth.users.grantRole('root', 'root')
      })

      it('auth.users adds, tells, lists and deletes users, and grants and revokes their roles', async () => {
        await using etcd = server.connect()
        const { users, roles } = etcd.auth
        const [name, first, second] = [unique('user'), unique('role'), unique('role')]
        await users.add(name, { password })
        assert.deepEqual(await users.get(name), { name, roles: [] })
        await roles.add(first)
        await roles.add(second)
        await users.grantRole(name, first)
        await users.grantRole(name, second)
        await users.grantRole(name, second)
        assert.deepEqual([...(await users.get(name)).roles].sort(), [first, second].sort())
        await users.revokeRole(name, first)
        assert.deepEqual((await users.get(name)).roles, [second])
        assert.ok((await users.list()).includes(name))
        // A role that is deleted is taken from its users.
        await roles.delete(second)
        assert.deepEqual((await users.get(name)).roles, [])
        await users.delete(name)
        assert.ok(!(await users.list()).includes(name))
      })

      it('auth.roles tells permissions as they were granted, on keys and on ranges of every kind', async () => {
        await using etcd = server.connect()
        const { roles } = etcd.auth
        const role = unique('role')
        await roles.add(role)
        const binary = Uint8Array.of(0xfe, 0xff)
        const grants: readonly Grant[] = [
          ['readwrite', everything],
          ['read', 'a'],
          ['write', prefix('b/')],
          ['readwrite', range('c', 'd')],
          ['read', from('e')],
          ['write', range('', 'f')],
          ['read', binary],
        ]
        for (const [type, target] of grants) await roles.grantPermission(role, type, target)
        const { name, permissions } = await roles.get(role)
        assert.equal(name, role)
        const byTarget = new Map(permissions.map(({ type, target }) => [shown(target), type]))
        assert.deepEqual(byTarget, new Map(grants.map(([type, target]) => [shown(target), type])))
        // What is told is what revokes.
        for (const { target } of permissions) await roles.revokePermission(role, target)
        assert.deepEqual((await roles.get(role)).permissions, [])
        assert.ok((await roles.list()).includes(role))
      })

      it('auth.roles.grantPermission again replaces, and revokePermission takes only what it names', async () => {
        await using etcd = server.connect()
        const { roles } = etcd.auth
        const role = unique('role')
        await roles.add(role)
        await roles.grantPermission(role, 'readwrite', 'secret')
        await roles.grantPermission(role, 'read', 'secret')
        await roles.grantPermission(role, 'readwrite', prefix('secret'))
        assert.deepEqual((await roles.get(role)).permissions, [
          { type: 'read', target: 'secret' },
          { type: 'readwrite', target: prefix('secret') },
        ])
        await etcdErrorOf(
          roles.revokePermission(role, range('secret', 'secret1')),
          'permission-not-granted',
        )
        await roles.revokePermission(role, 'secret')
        assert.deepEqual((await roles.get(role)).permissions, [
          { type: 'readwrite', target: prefix('secret') },
        ])
      })

      it('auth.users and auth.roles reject with what etcd says', async () => {
        await using etcd = server.connect()
        const { users, roles } = etcd.auth
        const [name, role] = [unique('user'), unique('role')]
        await users.add(name, { password })
        await roles.add(role)
        const cases: readonly (readonly [EtcdErrorCode, () => Promise<unknown>, string])[] = [
          ['user-exists', () => users.add(name, { password }), `add user "${name}"`],
          ['user-not-found', () => users.get('nobody'), 'get user "nobody"'],
          ['user-not-found', () => users.delete('nobody'), 'delete user "nobody"'],
          [
            'user-not-found',
            () => users.changePassword('nobody', 'x'),
            'change the password of user "nobody"',
          ],
          [
            'user-not-found',
            () => users.grantRole('nobody', role),
            `grant role "${role}" to user "nobody"`,
          ],
          [
            'role-not-found',
            () => users.grantRole(name, 'none'),
            `grant role "none" to user "${name}"`,
          ],
          [
            'role-not-granted',
            () => users.revokeRole(name, role),
            `revoke role "${role}" from user "${name}"`,
          ],
          ['role-exists', () => roles.add(role), `add role "${role}"`],
          ['role-not-found', () => roles.get('none'), 'get role "none"'],
          ['role-not-found', () => roles.delete('none'), 'delete role "none"'],
          [
            'role-not-found',
            () => roles.grantPermission('none', 'read', 'a'),
            'grant role "none" a permission on "a"',
          ],
          [
            'permission-not-granted',
            () => roles.revokePermission(role, prefix('a')),
            `revoke the permission on prefix "a" from role "${role}"`,
          ],
          [
            'auth-not-enabled',
            () => etcd.auth.authenticate(name, password),
            `authenticate user "${name}"`,
          ],
        ]
        for (const [code, call, action] of cases) {
          const error = await etcdErrorOf(call(), code)
          assert.ok(error.message.startsWith(`Cannot ${action}: `), error.message)
          assert.ok(!error.message.includes(password))
        }
      })

      it('auth.status tells whether auth is on, and counts changes', async () => {
        await using etcd = server.connect()
        if (!differencesOf(server).tellsAuthStatus) {
          await etcdErrorOf(etcd.auth.status(), 'unimplemented')
          return
        }
        const before = await etcd.auth.status()
        assert.equal(before.enabled, false)
        await etcd.auth.roles.add(unique('role'))
        const { authRevision } = await etcd.auth.status()
        assert.equal(authRevision, before.authRevision + 1)
        await using world = await authOn(server)
        assert.equal((await world.root.auth.status()).enabled, true)
      })
    })

    describe('with auth on', () => {
      it('a client without credentials, or with wrong ones, may do nothing', async () => {
        await using _world = await authOn(server)
        await using nobody = server.connect()
        await etcdErrorOf(nobody.get('a'), 'user-empty')
        const auth = { username: 'root', password: 'wrong' }
        await using wrong = connectBySocket(server, { auth })
        await etcdErrorOf(wrong.put('a', '1'), 'auth-failed')
      })

      it('a user may do what the roles allow and nothing else, by key, prefix, range and from', async () => {
        await using world = await authOn(server)
        const base = uniquePrefix()
        await using alice = await world.user(
          ['read', prefix(`${base}read/`)],
          ['write', `${base}one`],
          ['readwrite', range(`${base}b`, `${base}c`)],
        )
        const { etcd } = alice
        await etcd.list(prefix(`${base}read/`))
        await etcd.get(`${base}read/x`)
        await denied(etcd.put(`${base}read/x`, '1'))
        // Nothing beside the prefix, and no more than all of it.
        await denied(etcd.get(`${base}read0`))
        await denied(etcd.list(prefix(`${base}read`)))
        await denied(etcd.list(from(`${base}read/`)))
        await etcd.put(`${base}one`, '1')
        await denied(etcd.get(`${base}one`))
        await denied(etcd.put(`${base}one`, '2', { previous: true }))
        await etcd.put(`${base}b1`, '1', { previous: true })
        assert.equal((await etcd.get(`${base}b1`))?.value, '1')
        await denied(etcd.put(`${base}c`, '1'))
        await denied(etcd.delete(prefix(base)))
        await using bob = await world.user(['readwrite', from(`${base}m`)])
        await bob.etcd.put(`${base}z`, '1')
        await bob.etcd.count(from(`${base}m`))
        await denied(bob.etcd.get(`${base}l`))
        await using carol = await world.user(['read', everything])
        assert.ok((await carol.etcd.count(everything)) >= 3)
        await denied(carol.etcd.put(`${base}z`, '2'))
      })

      it('roles.revokePermission revokes: what was allowed is refused from then on, for a client at work too', async () => {
        await using world = await authOn(server)
        const secret = `${uniquePrefix()}secret`
        await using alice = await world.user(['readwrite', secret])
        await alice.etcd.put(secret, '1')
        await world.root.auth.roles.revokePermission(alice.role, secret)
        await denied(alice.etcd.get(secret))
        await denied(alice.etcd.put(secret, '2'))
        assert.deepEqual((await world.root.auth.roles.get(alice.role)).permissions, [])
        await world.root.auth.roles.grantPermission(alice.role, 'read', secret)
        assert.equal((await alice.etcd.get(secret))?.value, '1')
        await world.root.auth.users.revokeRole(alice.name, alice.role)
        await denied(alice.etcd.get(secret))
        await world.root.auth.users.grantRole(alice.name, alice.role)
        await world.root.auth.roles.delete(alice.role)
        await denied(alice.etcd.get(secret))
      })

      it('a transaction needs leave for its conditions and for both branches', async () => {
        await using world = await authOn(server)
        const base = uniquePrefix()
        await using alice = await world.user(['readwrite', prefix(`${base}mine/`)])
        const [mine, other] = [`${base}mine/a`, `${base}other`]
        await alice.etcd.txn({ if: [compare.missing(mine)], then: [op.put(mine, '1')] })
        await denied(alice.etcd.txn({ if: [compare.missing(other)], then: [op.put(mine, '2')] }))
        await denied(alice.etcd.txn({ then: [op.put(mine, '2')], else: [op.get(other)] }))
        const nested = alice.etcd.txn({ then: [op.txn({ then: [op.delete(other)] })] })
        await (differencesOf(server).checksNestedTxns ? denied(nested) : nested)
        assert.equal((await alice.etcd.get(mine))?.value, '1')
      })

      it('a changed password counts at once; a user deleted is nobody, and one added again is another', async () => {
        await using world = await authOn(server)
        const key = `${uniquePrefix()}a`
        await using alice = await world.user(['readwrite', key])
        await alice.etcd.put(key, '1')
        const { users } = world.root.auth
        await users.changePassword(alice.name, 'another password')
        await etcdErrorOf(alice.etcd.get(key), 'auth-failed')
        await users.changePassword(alice.name, password)
        await alice.etcd.get(key)
        await users.delete(alice.name)
        await etcdErrorOf(alice.etcd.get(key), 'auth-failed')
        await users.add(alice.name, { password })
        await denied(alice.etcd.get(key))
        // An empty password is one.
        const name = unique('user')
        await users.add(name, { password: '' })
        assert.notEqual(await world.root.auth.authenticate(name, ''), '')
      })

      it('auth.users.add with noPassword makes a user who cannot sign in', async () => {
        await using world = await authOn(server)
        const name = unique('user')
        await world.root.auth.users.add(name, { noPassword: true })
        await etcdErrorOf(world.root.auth.authenticate(name, 'x'), 'no-password-user')
      })

      it('auth.authenticate gives a token that another client can use', async () => {
        await using world = await authOn(server)
        const key = `${uniquePrefix()}a`
        await using alice = await world.user(['readwrite', key])
        const token = await world.root.auth.authenticate(alice.name, password)
        await using etcd = connectBySocket(server, { auth: { token } })
        await etcd.put(key, '1')
        await etcdErrorOf(world.root.auth.authenticate(alice.name, 'wrong'), 'auth-failed')
      })

      it('root and its role cannot be taken away, and only root manages', async () => {
        await using world = await authOn(server)
        const { users, roles } = world.root.auth
        await etcdErrorOf(users.delete('root'), 'invalid-auth-management')
        await etcdErrorOf(users.revokeRole('root', 'root'), 'invalid-auth-management')
        await using alice = await world.user(['readwrite', everything])
        const { auth, cluster, maintenance } = alice.etcd
        assert.deepEqual((await auth.users.get(alice.name)).roles, [alice.role])
        assert.equal((await auth.roles.get(alice.role)).permissions.length, 1)
        const forbidden: (() => Promise<unknown>)[] = [
          () => auth.users.get('root'),
          () => auth.users.add('x', { password }),
          () => auth.users.list(),
          () => auth.users.changePassword('root', 'x'),
          () => auth.roles.list(),
          () => auth.roles.add('x'),
          () => auth.roles.grantPermission(alice.role, 'read', 'x'),
          () => auth.disable(),
          () => cluster.addLearner(['http://127.0.0.1:1']),
          () => maintenance.defragment(),
          () => maintenance.hashKv(),
        ]
        if (differencesOf(server).onlyRootOperates) {
          forbidden.push(
            () => maintenance.alarms.activate({ kind: 'no-space', member: '1' }),
            () => alice.etcd.compact(1),
          )
        }
        for (const call of forbidden) await denied(call())
        await denied(drain(maintenance.snapshot()))
        assert.ok((await cluster.list()).members.length > 0)
        assert.deepEqual(await maintenance.alarms.list(), [])
        await drain(world.root.maintenance.snapshot())
        await world.root.maintenance.hashKv()
        await world.root.maintenance.status()
        assert.ok(!(await roles.list()).includes('x'))
      })
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5', 'embedded (gateway)', 'etcd 3.5 (gateway)'] },
)

async function drain(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let sum = 0
  for await (const piece of bytes) sum += piece.length
  return sum
}

/** A target as text, two of them the same if they are the same. */
function shown(target: Key | KeyRange): string {
  if (typeof target === 'string') return target
  if (target instanceof Uint8Array) return Buffer.from(target).toString('hex')
  const { start, end } = target
  return [start, end]
    .map((part) => (part ? Buffer.from(part).toString('latin1') : '…'))
    .join(' to ')
}
