// Logging in, and being let in or not, over every wire: reference/server-v3.md, section 9. What each request takes:
// `store/auth`.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import {
  Auth,
  type CallOptions,
  Cluster,
  encodeUtf8,
  KV,
  Lease,
  Maintenance,
  PermissionType,
  type Transport,
  Watch,
  type WatchResponse,
} from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { forEachWire, put, watchKey } from './wires.ts'

const key = encodeUtf8('a')

/** Adds root, and ann who may read and write `a`, and turns auth on; resolves with how each shows a token. */
async function turnOn(transport: Transport): Promise<{ root: CallOptions; ann: CallOptions }> {
  const name = 'ann'
  await transport.unary(Auth.userAdd, { name: 'root', password: 'of root' })
  await transport.unary(Auth.userGrantRole, { user: 'root', role: 'root' })
  await transport.unary(Auth.userAdd, { name, password: '' })
  await transport.unary(Auth.roleAdd, { name })
  const perm = { permType: PermissionType.READWRITE, key }
  await transport.unary(Auth.roleGrantPermission, { name, perm })
  await transport.unary(Auth.userGrantRole, { user: name, role: name })
  await transport.unary(Auth.authEnable, {})
  return {
    root: await logIn(transport, 'root', 'of root'),
    ann: await logIn(transport, name, ''),
  }
}

async function logIn(transport: Transport, name: string, password: string): Promise<CallOptions> {
  const { token } = await transport.unary(Auth.authenticate, { name, password })
  return { headers: { token } }
}

async function firstOf(transport: Transport, options: CallOptions): Promise<WatchResponse> {
  const stream = transport.stream(Watch.watch, options)
  stream.send({ createRequest: { key } })
  const { value } = await stream[Symbol.asyncIterator]().next()
  stream.cancel()
  return value as WatchResponse
}

forEachWire((wire) => {
  failOnLeaks()

  it('Authenticate gives a token for the right password, and says nothing of the wrong', async () => {
    await using world = await wire.start()
    const { transport } = world
    const wrong = transport.unary(Auth.authenticate, { name: 'root', password: 'of root' })
    await assert.rejects(wrong, { code: 'auth-not-enabled' })
    const { root } = await turnOn(transport)
    assert.match(String(root.headers?.token), /^[A-Za-z]{16}\.\d+$/)
    for (const [name, password] of [
      ['root', 'wrong'],
      ['root', ''],
      ['nobody', 'of root'],
      ['ann', 'x'],
    ] as const) {
      await assert.rejects(transport.unary(Auth.authenticate, { name, password }), {
        code: 'auth-failed',
        message: /invalid user ID or password/,
      })
    }
  })

  it('a user without password cannot log in, and a password too long is none', async () => {
    await using world = await wire.start()
    const { transport } = world
    const { root } = await turnOn(transport)
    const options = { noPassword: true }
    await transport.unary(Auth.userAdd, { name: 'certified', options }, root)
    await assert.rejects(transport.unary(Auth.authenticate, { name: 'certified' }), {
      code: 'no-password-user',
    })
    await transport.unary(Auth.userAdd, { name: 'long', password: 'x'.repeat(72) }, root)
    await logIn(transport, 'long', 'x'.repeat(72))
    const add = transport.unary(Auth.userAdd, { name: 'longer', password: 'x'.repeat(73) }, root)
    await assert.rejects(add, { code: 'unknown', message: /bcrypt: password length exceeds 72/ })
    await transport.unary(Auth.userChangePassword, { name: 'long', password: '' }, root)
    await assert.rejects(transport.unary(Auth.authenticate, { name: 'long' }), {
      code: 'auth-failed',
    })
    const hashed = { name: 'long', hashedPassword: 'no base64' }
    await assert.rejects(transport.unary(Auth.userChangePassword, hashed, root), {
      code: 'no-password-user',
    })
  })

  it('calls are let in by their token, wherever it stands, and by none', async () => {
    await using world = await wire.start()
    const { transport } = world
    const { ann } = await turnOn(transport)
    const token = String(ann.headers?.token)
    await transport.unary(KV.put, { key }, ann)
    for (const authorization of [token, `Bearer ${token}`]) {
      const { count } = await transport.unary(KV.range, { key }, { headers: { authorization } })
      assert.equal(count, 1)
    }
    await assert.rejects(put(transport, 'a'), { code: 'user-empty' })
    const dead = { headers: { token: 'nobody.1' } }
    await assert.rejects(transport.unary(KV.put, { key }, dead), { code: 'invalid-auth-token' })
    const other = transport.unary(KV.put, { key: encodeUtf8('b') }, ann)
    await assert.rejects(other, { code: 'permission-denied' })
    // What is wrong with a request is told before that it may not be made, and that before its size.
    await assert.rejects(transport.unary(KV.put, {}, dead), { code: 'empty-key' })
    const large = { key, value: new Uint8Array(1_572_864) }
    await assert.rejects(transport.unary(KV.put, large, dead), { code: 'invalid-auth-token' })
    await assert.rejects(transport.unary(KV.put, large, ann), { code: 'request-too-large' })
  })

  it('what concerns the server is for root, and some of it for every user', async () => {
    await using world = await wire.start()
    const { transport } = world
    const { root, ann } = await turnOn(transport)
    const forAll = [Maintenance.status, Cluster.memberList, Maintenance.alarm] as const
    const forRoot = [
      Maintenance.hash,
      Maintenance.hashKV,
      Maintenance.defragment,
      Auth.userList,
      Auth.roleList,
    ] as const
    for (const method of [...forAll, ...forRoot]) {
      const call = (options?: CallOptions) =>
        transport.unary(method as typeof Maintenance.status, {}, options)
      await call(root)
      await assert.rejects(call(), { code: 'user-empty' }, method.path)
      if (forAll.some((each) => each.path === method.path)) await call(ann)
      else await assert.rejects(call(ann), { code: 'permission-denied' }, method.path)
    }
    const { enabled } = await transport.unary(Auth.authStatus, {})
    assert.equal(enabled, true)
    const self = await transport.unary(Auth.userGet, { name: 'ann' }, ann)
    assert.deepEqual(self.roles, ['ann'])
    const own = await transport.unary(Auth.roleGet, { role: 'ann' }, ann)
    assert.equal(own.perm.length, 1)
    const others = [
      transport.unary(Auth.userGet, { name: 'root' }, ann),
      transport.unary(Auth.roleGet, { role: 'root' }, ann),
    ]
    for (const call of others) await assert.rejects(call, { code: 'permission-denied' })
  })

  it('a watch is refused with the reason, and one that was let in goes on whatever comes', async () => {
    await using world = await wire.start()
    const { transport } = world
    const before = await watchKey(transport, 'a')
    const { root, ann } = await turnOn(transport)
    const refusals = [
      [{}, 'rpc error: code = InvalidArgument desc = etcdserver: user name is empty'],
      [
        { headers: { token: 'x.1' } },
        'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token',
      ],
    ] as const
    for (const [options, reason] of refusals) {
      const { watchId, created, canceled, cancelReason } = await firstOf(transport, options)
      assert.deepEqual([watchId, created, canceled, cancelReason], [-1, true, true, reason])
    }
    const stream = transport.stream(Watch.watch, ann)
    const answers = stream[Symbol.asyncIterator]()
    const next = async () => (await answers.next()).value
    stream.send({ createRequest: { key: encodeUtf8('b') } })
    assert.equal(
      (await next())?.cancelReason,
      'rpc error: code = PermissionDenied desc = etcdserver: permission denied',
    )
    stream.send({ createRequest: { key } })
    assert.equal((await next())?.canceled, false)
    await transport.unary(Auth.userDelete, { name: 'ann' }, root)
    await transport.unary(KV.put, { key }, root)
    assert.equal((await next())?.events.length, 1)
    assert.equal((await before.next()).events.length, 1)
    stream.cancel()
    before.cancel()
  })

  it('a renewal that is not let in ends its stream', async () => {
    await using world = await wire.start()
    const { transport } = world
    const { root, ann } = await turnOn(transport)
    await transport.unary(Lease.leaseGrant, { ID: '7', TTL: 10 }, ann)
    const stream = transport.stream(Lease.leaseKeepAlive, ann)
    const answers = stream[Symbol.asyncIterator]()
    stream.send({ ID: '7' })
    assert.equal((await answers.next()).value?.TTL, 10)
    await transport.unary(KV.put, { key: encodeUtf8('b'), lease: '7' }, root)
    stream.send({ ID: '7' })
    await assert.rejects(answers.next(), { code: 'permission-denied' })
  })

  it('tokens expire by the clock of the server, and die when auth is turned off', async () => {
    await using world = await wire.start({ clock: 'manual', authTokenTtlSeconds: 10 })
    const { server, transport } = world
    const { root, ann } = await turnOn(transport)
    const read = (options: CallOptions) => transport.unary(KV.range, { key }, options)
    server.clock.advance(8000)
    await read(ann)
    server.clock.advance(8000)
    await read(ann)
    await assert.rejects(read(root), { code: 'invalid-auth-token' })
    const again = await logIn(transport, 'root', 'of root')
    await transport.unary(Auth.authDisable, {}, again)
    await read({})
    await read(ann)
    await transport.unary(Auth.authEnable, {})
    await assert.rejects(read(ann), { code: 'invalid-auth-token' })
  })
})
