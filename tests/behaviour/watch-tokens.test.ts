// Watches and leases of a client whose token expires: they go on with a new one, and nothing is lost.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { before, it } from 'node:test'
import { Auth, PermissionType } from '@etcdkit/protocol'
import { type Etcd, type EtcdOptions, everything, type Watch } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { AuthSwitch, type Credentials, prepareAuth } from './support/auth.ts'
import { untilRenewed } from './support/leases.ts'
import { connectBySocket } from './support/sockets.ts'
import { startProxy, type TcpProxy } from './support/tcp-proxy.ts'

/** The values of the first `count` events; leaves the watch. */
async function values(watch: Watch<string>, count: number): Promise<(string | undefined)[]> {
  const taken: (string | undefined)[] = []
  for await (const { value } of watch) if (taken.push(value) === count) break
  return taken
}

/** A client that goes through a proxy. Whoever asks for both disposes of them. */
async function throughProxy(
  server: SuiteServer,
  auth: EtcdOptions['auth'],
): Promise<{ readonly proxy: TcpProxy; readonly etcd: Etcd }> {
  const proxy = await startProxy(server.endpoints[0] ?? '')
  return { proxy, etcd: connectBySocket(server, { endpoints: proxy.endpoint, auth }) }
}

/** Takes the roles of a user, but one that may read and write keys that begin with `prefix`. */
async function confine({ root }: AuthSwitch, user: Credentials, prefix: string): Promise<void> {
  const bytes = new TextEncoder().encode(prefix)
  const rangeEnd = bytes.slice()
  rangeEnd[rangeEnd.length - 1] = (bytes.at(-1) ?? 0) + 1
  const perm = { permType: PermissionType.READWRITE, key: bytes, rangeEnd }
  await root.call(Auth.roleAdd, { name: prefix })
  await root.call(Auth.roleGrantPermission, { name: prefix, perm })
  await root.call(Auth.userGrantRole, { user: user.username, role: prefix })
  await root.call(Auth.userRevokeRole, { name: user.username, role: 'everything' })
}

/**
 * A watch and a lease, cut off until the token has expired: one new token, and every event. What is done meanwhile is
 * over before tokens are counted.
 */
async function afterAnOutage(
  server: SuiteServer,
  auth: AuthSwitch,
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const user = await auth.addUser()
  const { proxy, etcd } = await throughProxy(server, user)
  await using _ = proxy
  await using __ = etcd
  const name = uniquePrefix()
  const keys = auth.root.keyspace(name)
  const watch = etcd.keyspace(name).watch(everything)
  await watch.ready
  const lease = await etcd.lease({ ttlSeconds: 60 })
  await keys.put('a', 'before')
  proxy.holdRequests()
  proxy.cut()
  await Promise.all([auth.untilTokensExpire(user), meanwhile()])
  for (const value of ['1', '2', '3']) await keys.put('a', value)
  const authentications = await auth.countAuthentications(async () => {
    proxy.release()
    assert.deepEqual(await values(watch, 4), ['before', '1', '2', '3'])
    await lease.keepAliveOnce({ timeoutMs: 60_000 })
  })
  assert.equal(authentications, 1)
  assert.equal(lease.signal.aborted, false)
  await lease.revoke()
}

/** A lease on a stream that is broken when the token is dead, which it is between two renewals. */
async function withRenewals(auth: AuthSwitch): Promise<void> {
  const user = await auth.addUser()
  await using etcd = auth.client(user)
  const lease = await etcd.lease({ ttlSeconds: 6 })
  const key = `${uniquePrefix()}a`
  await etcd.put(key, '1', { lease })
  await untilRenewed(auth.root, lease.id)
  await auth.invalidateTokens(user)
  await untilRenewed(auth.root, lease.id)
  assert.equal(lease.signal.aborted, false)
  assert.equal((await auth.root.get(key))?.lease, lease.id)
  await lease.revoke()
}

/** A lease with a key that the user may not write, for which etcd 3.5 ends the stream of all leases. */
async function withRefusals(auth: AuthSwitch, isRefused: boolean): Promise<void> {
  const user = await auth.addUser()
  const name = uniquePrefix()
  await confine(auth, user, name)
  await using etcd = auth.client(user)
  const refused = await etcd.lease({ ttlSeconds: 3 })
  const kept = await etcd.lease({ ttlSeconds: 6 })
  await auth.root.put('forbidden/a', '1', { lease: refused.id })
  if (isRefused) {
    if (!refused.signal.aborted) await once(refused.signal, 'abort')
    const { code, cause } = refused.signal.reason
    assert.equal(code, 'lease-expired')
    // Its token may have died in the meantime.
    assert.match(cause.code, /^(permission-denied|invalid-auth-token|auth-old-revision)$/)
  }
  await untilRenewed(auth.root, kept.id)
  assert.equal(kept.signal.aborted, false)
  assert.notEqual(await kept.timeToLive(), undefined)
  await etcd.close({ revokeLeases: true })
}

for (const [authToken, only] of [
  ['simple', ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5']],
  ['jwt', ['etcd 3.5']],
] as const) {
  forEachServer(
    `watches and leases with ${authToken} tokens`,
    (server) => {
      failOnLeaks()
      before(() => prepareAuth(server))

      // All that waits, at a time.
      it('lessons 1.3, 1.8, D8: go on for longer than a token lives, and nothing is lost', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        await afterAnOutage(server, auth, () =>
          Promise.all([withRenewals(auth), withRefusals(auth, server.kind !== 'etcd 3.4')]),
        )
      })

      it('lessons 1.4: new watches go on when users have changed, and old ones are not disturbed', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client(user)
        const name = uniquePrefix()
        const [keys, view] = [auth.root.keyspace(name), etcd.keyspace(name)]
        const watches = [view.watch('a')]
        await watches[0]?.ready
        // Twice at once, as the second comes within the moment in which a transport takes its token for good.
        for (let changes = 0; changes < 2; changes++) {
          await auth.addUser()
          await auth.invalidateTokens(user)
          const later = [view.watch('a'), view.watch('a')]
          await Promise.all(later.map(({ ready }) => ready))
          watches.push(...later)
        }
        await keys.put('a', '1')
        for (const watch of watches) assert.deepEqual(await values(watch, 1), ['1'])
      })

      it('with a token of their own fail with what the server says', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        await using etcd = auth.client({ token: await auth.tokenOf(user) })
        const watch = etcd.watch('a')
        await watch.ready
        await auth.addUser()
        await auth.invalidateTokens(user)
        const authentications = await auth.countAuthentications(async () => {
          const code = /^(invalid-auth-token|auth-old-revision)$/
          await assert.rejects(etcd.watch('b').ready, { code })
          await assert.rejects(values(etcd.watch('b'), 1), { code })
        })
        assert.equal(authentications, 0)
        // What was made before goes on.
        await auth.root.put('a', '1')
        assert.deepEqual(await values(watch, 1), ['1'])
      })

      it('lessons D2: a forbidden watch fails alone, whatever comes before and after it', async () => {
        await using auth = new AuthSwitch(server)
        await auth.on()
        const user = await auth.addUser()
        const name = uniquePrefix()
        await confine(auth, user, name)
        await using etcd = auth.client(user)
        const allowed = etcd.keyspace(name)
        const watches = [allowed.watch('a')]
        const forbidden = [etcd.watch('forbidden/a'), etcd.watch(everything)]
        watches.push(allowed.watch('a'))
        for (const watch of forbidden) {
          await assert.rejects(watch.ready, { code: 'permission-denied' })
          await assert.rejects(values(watch, 1), {
            code: 'permission-denied',
            message: /^Cannot watch (all keys|"forbidden\/a"): permission denied$/,
          })
        }
        watches.push(allowed.watch('a'))
        await Promise.all(watches.map(({ ready }) => ready))
        await allowed.put('a', '1')
        for (const watch of watches) assert.deepEqual(await values(watch, 1), ['1'])
      })
    },
    { authToken, authTokenTtlSeconds: 3, only },
  )
}
