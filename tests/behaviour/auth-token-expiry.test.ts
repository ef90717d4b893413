// Tokens that expire: a client that has slept for too long goes on with one new token, and loses nothing.

import assert from 'node:assert/strict'
import { before, it } from 'node:test'
import { everything } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { AuthSwitch, prepareAuth } from './support/auth.ts'
import { etcdErrorOf } from './support/rejections.ts'

forEachServer(
  'auth token expiry',
  (server) => {
    failOnLeaks()
    before(() => prepareAuth(server))

    // One test for all that waits, which takes seconds.
    it('calls at a time with an expired token get one new token, and a fixed one is not renewed', async () => {
      await using auth = new AuthSwitch(server)
      await auth.on()
      const user = await auth.addUser()
      await using etcd = auth.client(user)
      await using fixed = auth.client({ token: await auth.tokenOf(user) })
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('before', '1')
      await fixed.get('any')
      await auth.untilTokensExpire(user)

      const names = Array.from({ length: 100 }, (_, n) => `k${n}`)
      const authentications = await auth.countAuthentications(async () => {
        await Promise.all(
          names.map((name) => Promise.all([keys.put(name, '1'), keys.get('before')])),
        )
      })
      assert.equal(authentications, 1)
      const { entries } = await keys.list(everything)
      assert.deepEqual(
        entries.map(({ version }) => version),
        Array(names.length + 1).fill(1),
      )

      const error = await etcdErrorOf(fixed.put('any', '1'), 'invalid-auth-token')
      assert.equal(error.outcome, 'not-applied')
    })
  },
  { authToken: 'simple', authTokenTtlSeconds: 3 },
)
