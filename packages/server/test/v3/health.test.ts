// The health service of gRPC, and its messages.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import {
  HealthCheckRequest,
  HealthCheckResponse,
  healthCheck,
  healthWatch,
} from '../../src/v3/health-messages.ts'
import { forEachWire } from './wires.ts'

forEachWire((wire) => {
  failOnLeaks()

  it('Check answers for the server as a whole', async () => {
    await using world = await wire.start()
    assert.deepEqual(await world.transport.unary(healthCheck, {}), { status: 1 })
    await assert.rejects(world.transport.unary(healthCheck, { service: 'x' }), {
      code: 'not-found',
      message: 'unknown service',
    })
  })

  it('Watch tells once, and stays', async () => {
    await using world = await wire.start()
    for (const [service, status] of [
      ['', 1],
      ['x', 3],
    ] as const) {
      const stream = world.transport.stream(healthWatch)
      stream.send({ service })
      stream.end()
      const answers = stream[Symbol.asyncIterator]()
      assert.deepEqual((await answers.next()).value, { status })
      stream.cancel()
    }
  })
})

it('the messages of the health service go both ways, in both forms', () => {
  const request = { service: 'a' }
  assert.deepEqual(HealthCheckRequest.decode(HealthCheckRequest.encode(request)), request)
  assert.deepEqual(HealthCheckRequest.fromJson(HealthCheckRequest.toJson(request)), request)
  assert.deepEqual(HealthCheckRequest.create(), { service: '' })
  const response = { status: 2 }
  assert.deepEqual(HealthCheckResponse.decode(HealthCheckResponse.encode(response)), response)
  assert.deepEqual(HealthCheckResponse.fromJson(HealthCheckResponse.toJson(response)), response)
  assert.deepEqual(HealthCheckResponse.create(), { status: 0 })
  // Another field, of a later version perhaps, is passed over.
  assert.deepEqual(HealthCheckResponse.decode(Uint8Array.of(16, 5, 8, 1)), { status: 1 })
  assert.throws(() => HealthCheckRequest.fromJson([]))
})
