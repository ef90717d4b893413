// Reserved ports are free for a server, and for nobody else's reservation.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { it } from 'node:test'
import { failOnLeaks } from './leaks.ts'
import { reservePorts } from './ports.ts'

failOnLeaks()

it('reservePorts leaves the ports to servers and never gives one twice', async () => {
  await using first = await reservePorts(20)
  await using second = await reservePorts(20)
  assert.equal(new Set([...first.ports, ...second.ports]).size, 40)
  const server = createServer().listen(first.ports[0], '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
})
