// Pings: how many are too many.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { it } from 'node:test'
import { EtcdServer } from '@etcdkit/server'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { PingGuard } from '../../../src/v3/grpc/ping-guard.ts'
import { connectRaw } from '../raw-grpc.ts'

failOnLeaks()

it('PingGuard bears a ping every five seconds while calls are open', () => {
  const guard = new PingGuard()
  for (let now = 0; now < 100_000; now += 5000) assert.equal(guard.isTooMany(now, true), false)
})

it('PingGuard bears two that come too soon, and forgives after an answer', () => {
  const guard = new PingGuard()
  const pings = [0, 1, 2].map((now) => guard.isTooMany(now, true))
  assert.deepEqual(pings, [false, false, false])
  guard.forgive()
  assert.deepEqual(
    [3, 4, 5, 6].map((now) => guard.isTooMany(now, true)),
    [false, false, false, true],
  )
})

it('a client that pings too often is told so and cut off', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  await using connection = await connectRaw(server.endpoint)
  const goAway = once(connection.session, 'goaway')
  for (let count = 0; count < 5; count++) connection.session.ping(() => {})
  const [code, , data] = await goAway
  assert.equal(code, 11)
  assert.equal(String(data), 'too_many_pings')
})
