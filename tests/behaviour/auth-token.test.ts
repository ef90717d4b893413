// Tokens: had at the first call, shared by all calls, had anew when the server refuses them, and never more often than
// needed. Section 9 of reference/server-v3.md.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { Auth } from '@etcdkit/protocol'
import { type Etcd, everything, op } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { AuthSwitch, prepareAuth } from './support/auth.ts'
import { differencesOf } from './support/differences.ts'
import { collect } from './support/entries.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'
import { connectBySocket } from './support/sockets.ts'
import { startProxy } from './support/tcp-proxy.ts'

const many = 50

/** Reads and writes at a time, each of another key; checks that each write was applied once. */
async function workAtATime(etcd: Etcd): Promise<void> {
  const keys = etcd.keyspace(uniquePrefix())
  const names = Array.from({ length: many }, (_, n) => `k${n}`)
  await Promise.all(names.map((name, n) => (n % 2 === 0 ? keys.put(name, '1') : keys.get(name))))
  const { entries } = await keys.list(everything)
  assert.deepEqual(
    [entries.length, entries.every(({ version }) => version === 1)],
    [many / 2, true],
  )
}

forEachServer(
  'auth token',
  (server) => {
    failOnLeaks()
    before(() => prepareAuth(server))

    describe('username and password', () => {
      it('with auth off the client asks for a token once, and goes on without', async () => {
        await using auth = new AuthSwitch(server)
        await using etcd = auth.client(await auth.addUser())
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 0)
        await auth.on()
      })

      it('calls that are first at a time share one token', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        await using etcd = auth.client(await auth.addUser())
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 0)
      })

      it('auth may be turned on, off and on again under a client that works', async () => {
        await using auth = new AuthSwitch(server)
        await using etcd = auth.client(await auth.addUser())
        await workAtATime(etcd)
        await auth.on()
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
        await auth.off()
        const outdated = differencesOf(server).tokenWithAuthOff === 'ignored' ? 0 : 1
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), outdated)
        await auth.on()
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
      })

      it('calls at a time with a token that is dead get one new token', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client(user)
        await workAtATime(etcd)
        for (let round = 0; round < 3; round++) {
          await auth.invalidateTokens(user)
          assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
        }
      })

      it('every verb goes on with a new token', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client(user)
        const keys = etcd.keyspace(uniquePrefix())
        const verbs: readonly [string, () => Promise<unknown>][] = [
          ['put', () => keys.put('a', '1')],
          ['get', () => keys.get('a')],
          ['list', () => keys.list(everything)],
          ['count', () => keys.count(everything)],
          ['scan', () => collect(keys.scan(everything))],
          ['putIfAbsent', () => keys.putIfAbsent('b', '1')],
          ['putIfPresent', () => keys.putIfPresent('a', '2')],
          ['compareAndSwap', () => keys.compareAndSwap('a', '3', { value: '2' })],
          ['txn', () => keys.txn({ then: [op.put('a', '4')] })],
          ['delete', () => keys.delete('b')],
        ]
        for (const [name, verb] of verbs) {
          await auth.invalidateTokens(user)
          assert.equal(await auth.countAuthentications(verb), 1, name)
        }
        assert.equal((await keys.get('a'))?.version, 4)
        assert.equal(await keys.count(everything), 1)
      })

      it('an empty password is a password', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        await using etcd = auth.client(await auth.addUser(''))
        await workAtATime(etcd)
      })

      it('a wrong password rejects the first call with auth-failed, and those that wait with it', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const { username } = await auth.addUser()
        await using etcd = auth.client({ username, password: 'wrong' })
        const authentications = await auth.countAuthentications(async () => {
          const reading = etcdErrorOf(etcd.get('a'), 'auth-failed')
          const writing = await etcdErrorOf(etcd.put('a/b', '1'), 'auth-failed')
          assert.equal(
            writing.message,
            'Cannot put "a/b": authentication failed, invalid user ID or password',
          )
          assert.deepEqual([writing.outcome, (await reading).outcome], ['not-applied', undefined])
          assert.equal(writing.endpoint, server.endpoints[0])
        })
        assert.equal(authentications, 1)
      })

      it('a client with a wrong password works once it is right', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const { username } = await auth.addUser()
        const later = { username, password: 'right from now on' }
        await using etcd = auth.client(later)
        await etcdErrorOf(etcd.get('a'), 'auth-failed')
        await auth.invalidateTokens(later)
        await workAtATime(etcd)
      })

      it('a user who is deleted cannot go on', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client(user)
        await workAtATime(etcd)
        await auth.root.call(Auth.userDelete, { name: user.username })
        const error = await etcdErrorOf(etcd.put('a', '1'), 'auth-failed')
        assert.equal(error.outcome, 'not-applied')
      })

      it('permission-denied is no matter of tokens: nobody authenticates again', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client(user)
        await workAtATime(etcd)
        const grant = { role: 'everything', user: user.username }
        await auth.root.call(Auth.userRevokeRole, { name: grant.user, role: grant.role })
        const authentications = await auth.countAuthentications(async () => {
          const error = await etcdErrorOf(etcd.put('a', '1'), 'permission-denied')
          assert.equal(error.message, 'Cannot put "a": permission denied')
          assert.equal(error.outcome, 'not-applied')
          await etcdErrorOf(etcd.get('a'), 'permission-denied')
          await etcdErrorOf(etcd.txn({ else: [op.get('a')] }), 'permission-denied')
        })
        assert.equal(authentications, 0)
        await auth.root.call(Auth.userGrantRole, grant)
        await workAtATime(etcd)
      })
    })

    describe('calls that wait for a token', () => {
      it('a call that waits for a token may be aborted or expire, and the others go on', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        await using proxy = await startProxy(server.endpoints[0] ?? '')
        const options = { endpoints: proxy.endpoint, auth: await auth.addUser() }
        await using etcd = connectBySocket(server, options)
        proxy.holdRequests()
        const controller = new AbortController()
        const reason = new Error('mine')
        const { signal } = controller
        const aborted = [1, 2].map(() => rejectionOf(etcd.put('a', '1', { signal })))
        const others = Array.from({ length: 10 }, () => etcd.get('a'))
        const expired = await etcdErrorOf(
          etcd.put('a', '1', { timeoutMs: 50 }),
          'deadline-exceeded',
        )
        assert.equal(expired.outcome, 'not-applied')
        controller.abort(reason)
        assert.deepEqual(await Promise.all(aborted), [reason, reason])
        const authentications = await auth.countAuthentications(async () => {
          proxy.release()
          await Promise.all(others)
        })
        assert.equal(authentications, 1)
      })

      it('etcd.close ends calls that wait for a token', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        await using proxy = await startProxy(server.endpoints[0] ?? '')
        const options = { endpoints: proxy.endpoint, auth: await auth.addUser() }
        const etcd = connectBySocket(server, options)
        proxy.holdRequests()
        const calls = [
          etcdErrorOf(etcd.get('a'), 'closed'),
          etcdErrorOf(etcd.put('a', '1'), 'closed'),
        ]
        await etcd.close()
        const outcomes = (await Promise.all(calls)).map(({ outcome }) => outcome)
        assert.deepEqual(outcomes, [undefined, 'not-applied'])
      })
    })

    describe('no credentials', () => {
      it('without auth the client is refused when auth is on, and nobody authenticates', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        await using etcd = auth.client()
        const authentications = await auth.countAuthentications(async () => {
          const error = await etcdErrorOf(etcd.put('a', '1'), 'user-empty')
          assert.equal(error.message, 'Cannot put "a": user name is empty')
          assert.equal(error.outcome, 'not-applied')
          await etcdErrorOf(etcd.get('a'), 'user-empty')
        })
        assert.equal(authentications, 0)
      })
    })

    describe('a fixed token', () => {
      it('auth.token is sent as it is, and nobody authenticates', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const token = await auth.tokenOf(await auth.addUser())
        await using etcd = auth.client({ token })
        assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 0)
      })

      it('auth.token that is dead rejects with invalid-auth-token, and is not renewed', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client({ token: await auth.tokenOf(user) })
        await workAtATime(etcd)
        await auth.invalidateTokens(user)
        const authentications = await auth.countAuthentications(async () => {
          const error = await etcdErrorOf(etcd.put('a', '1'), 'invalid-auth-token')
          assert.equal(error.message, 'Cannot put "a": invalid auth token')
          assert.equal(error.outcome, 'not-applied')
        })
        assert.equal(authentications, 0)
      })

      it('auth.token of nobody while auth is off', async () => {
        await using auth = new AuthSwitch(server)
        await using etcd = auth.client({ token: 'nobody.1' })
        const { tokenWithAuthOff } = differencesOf(server)
        if (tokenWithAuthOff === 'ignored') await workAtATime(etcd)
        else await etcdErrorOf(etcd.get('a'), tokenWithAuthOff)
        await auth.on()
        await etcdErrorOf(etcd.get('a'), 'invalid-auth-token')
      })
    })
  },
  { authToken: 'simple' },
)
