// What is left behind is found, and what is merely slow to close is not called a leak.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { it } from 'node:test'
import { activeResources, assertNoLeaks } from './leaks.ts'

it('assertNoLeaks names a server and a timer that were left', async () => {
  const before = activeResources()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const timer = setTimeout(() => {}, 60_000)
  await assert.rejects(
    assertNoLeaks(before),
    /leaks (TCPServerWrap, Timeout|Timeout, TCPServerWrap):/,
  )
  clearTimeout(timer)
  server.close()
  await assertNoLeaks(before)
})
