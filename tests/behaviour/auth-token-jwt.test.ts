// JSON web tokens: they are outdated by every change of users and roles, and expire whether they are used or not.

import assert from 'node:assert/strict'
import { before, it } from 'node:test'
import { Auth } from '@etcdkit/protocol'
import { type Etcd, everything } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { AuthSwitch, prepareAuth } from './support/auth.ts'
import { etcdErrorOf } from './support/rejections.ts'

/** Fifty reads and as many writes at a time; checks that each write was applied once. */
async function workAtATime(etcd: Etcd): Promise<void> {
  const keys = etcd.keyspace(uniquePrefix())
  const names = Array.from({ length: 50 }, (_, n) => `k${n}`)
  await Promise.all(names.map((name) => Promise.all([keys.put(name, '1'), keys.get(name)])))
  const { entries } = await keys.list(everything)
  assert.deepEqual(
    entries.map(({ version }) => version),
    Array(names.length).fill(1),
  )
}

forEachServer(
  'auth token jwt',
  (server) => {
    failOnLeaks()
    before(() => prepareAuth(server))

    it('calls that are first at a time share one JWT', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      await using etcd = auth.client(await auth.addUser())
      assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
    })

    it('auth-old-revision: after a change of users one new JWT is had, unseen by the caller', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      await using etcd = auth.client(user)
      await using fixed = auth.client({ token: await auth.tokenOf(user) })
      await workAtATime(etcd)
      await fixed.get('any')
      // As with a role granted: what the token says may no longer be so.
      await auth.addUser()
      const error = await etcdErrorOf(fixed.put('any', '1'), 'auth-old-revision')
      assert.equal(error.message, 'Cannot put "any": revision of auth store is old')
      assert.equal(error.outcome, 'not-applied')
      assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
    })

    // Three times, which is as often as a call has its token renewed.
    it('users may change again and again under a client that works', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      await using etcd = auth.client(await auth.addUser())
      const changing = async (): Promise<void> => {
        for (let n = 0; n < 3; n++) await auth.root.call(Auth.roleAdd, { name: uniquePrefix() })
      }
      await Promise.all([changing(), workAtATime(etcd), workAtATime(etcd)])
      await workAtATime(etcd)
    })

    it('a JWT made elsewhere is sent as it is', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      const token = await auth.tokenOf(await auth.addUser())
      assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
      await using etcd = auth.client({ token })
      assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 0)
    })

    it('calls at a time with an expired JWT get one new JWT', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      await using etcd = auth.client(user)
      await workAtATime(etcd)
      const younger = await auth.tokenOf(user)
      const expired = async (): Promise<boolean> => !(await auth.isAlive(younger))
      await pollUntil(expired, { what: 'a JWT to expire', deadlineMs: 30_000, intervalMs: 50 })
      assert.equal(await auth.countAuthentications(() => workAtATime(etcd)), 1)
    })
  },
  { authToken: 'jwt', authTokenTtlSeconds: 5 },
)
