// The good certificates are accepted, the bad ones refused for the reason they were made for.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import { connect, createServer } from 'node:tls'
import { certificates, type KeyPair } from './certificates.ts'
import { failOnLeaks } from './leaks.ts'

failOnLeaks()

it('certificates.server and client are accepted by both sides', async () => {
  const { server, client } = await certificates()
  for (const host of ['127.0.0.1', 'localhost']) {
    assert.equal(await handshake(server, client, host), 'ok')
  }
})

it('certificates.namelessClient is accepted', async () => {
  const { server, namelessClient } = await certificates()
  assert.equal(await handshake(server, namelessClient), 'ok')
})

it('certificates.expired is refused as expired', async () => {
  const { expired, client } = await certificates()
  assert.equal(await handshake(expired, client), 'CERT_HAS_EXPIRED')
})

it('certificates.other is refused by both sides', async () => {
  const { server, client, other } = await certificates()
  assert.equal(await handshake(other.server, client), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
  // Node's server hangs up without a word.
  assert.match(await handshake(server, other.client), /^(closed|ECONNRESET)$/)
})

/** Connects a client to a server, both of which trust the authority alone, and resolves with `ok` or the client's error. */
async function handshake(server: KeyPair, client: KeyPair, host = '127.0.0.1'): Promise<string> {
  const { authority } = await certificates()
  const trust = { ca: authority.cert }
  const listener = createServer({ ...server, ...trust, requestCert: true }, (socket) => {
    socket.end('ok')
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo // not a pipe
  try {
    const socket = connect({ ...client, ...trust, port, host })
    return await new Promise((resolve) => {
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      socket.once('data', (data) => resolve(String(data)))
      socket.once('close', () => resolve('closed'))
    })
  } finally {
    listener.close()
    await once(listener, 'close')
  }
}
