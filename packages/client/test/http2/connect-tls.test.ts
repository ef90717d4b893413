// TLS: who is trusted, what is agreed, and that every failure of it says so.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectionOptions, TlsOptions } from 'node:tls'
import { certificates } from '../../../../tests/support/certificates.ts'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { ConnectError, connect } from '../../src/http2/connect.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { TestClient } from './test-client.ts'
import { within } from './within.ts'

/** Resolves with the error of a connection that must fail. */
async function failure(
  server: TlsOptions | undefined,
  client: ConnectionOptions | undefined,
): Promise<ConnectError> {
  await using peer = await ScriptedPeer.listen(server === undefined ? {} : { tls: server })
  const attempt = connect({ target: peer.target, tls: client, timeoutMs: 2000 })
  const error = await within(attempt.session, 'the end of the attempt').then(
    () => assert.fail('the attempt succeeded'),
    (reason: unknown) => reason,
  )
  await attempt.destroy()
  assert(error instanceof ConnectError, String(error))
  return error
}

describe('connect over TLS', () => {
  failOnLeaks()

  it('agrees on h2 with a server whose authority is trusted, and carries calls', async () => {
    const { authority, server } = await certificates()
    await using peer = await ScriptedPeer.listen({ tls: server })
    await using client = await TestClient.connect(peer, { tls: { ca: authority.cert } })
    const stream = client.open(Buffer.from('request'))
    await client.peer.expect('HEADERS', 1)
    await client.peer.expect('DATA', 1)
    client.peer.respond(1, 'x'.repeat(10_000))
    await stream.ended()
    assert.equal(stream.body.length, 10_000)
  })

  it("shows the server the client's certificate", async () => {
    const { authority, server, client: own } = await certificates()
    const tls = { ...server, ca: authority.cert, requestCert: true, rejectUnauthorized: true }
    await using peer = await ScriptedPeer.listen({ tls })
    await using client = await TestClient.connect(peer, { tls: { ca: authority.cert, ...own } })
    assert.equal(client.session.isOpen, true)
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`fails in the tls phase when the server wants a certificate and gets none (${maxVersion})`, async () => {
      const { authority, server } = await certificates()
      const tls = {
        ...server,
        maxVersion,
        ca: authority.cert,
        requestCert: true,
        rejectUnauthorized: true,
      }
      const error = await failure(tls, { ca: authority.cert })
      // With TLS 1.3 our side is done before the server objects, which then may be an alert or a mere hang-up.
      if (maxVersion === 'TLSv1.2') assert.equal(error.phase, 'tls')
      else assert.match(`${error.phase} ${error.message}`, /^tls .*alert|ECONNRESET|closed/i)
    })
  }

  it('fails in the tls phase when the authority is unknown', async () => {
    const { authority, other } = await certificates()
    const error = await failure(other.server, { ca: authority.cert })
    assert.equal(error.phase, 'tls')
    assert.match(error.message, /unable to verify|self.signed|unable to get/i)
  })

  it('fails in the tls phase when the certificate has expired', async () => {
    const { authority, expired } = await certificates()
    const error = await failure(expired, { ca: authority.cert })
    assert.deepEqual([error.phase, error.message], ['tls', 'certificate has expired'])
  })

  it('fails in the tls phase when the certificate is for another name', async () => {
    const { authority, server } = await certificates()
    const error = await failure(server, { ca: authority.cert, servername: 'other.example' })
    assert.equal(error.phase, 'tls')
    assert.match(error.message, /other\.example/)
  })

  it('fails in the tls phase when the server does not know ALPN', async () => {
    const { authority, server } = await certificates()
    const error = await failure({ ...server, ALPNProtocols: [] }, { ca: authority.cert })
    assert.equal(error.phase, 'tls')
    assert.match(error.message, /ALPN/)
  })

  it('fails in the tls phase when the server knows only HTTP/1.1', async () => {
    const { authority, server } = await certificates()
    const error = await failure({ ...server, ALPNProtocols: ['http/1.1'] }, { ca: authority.cert })
    assert.equal(error.phase, 'tls')
    assert.match(error.message, /application protocol|ALPN/i)
  })

  it('fails in the tls phase when the server does not answer the handshake', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, tls: {}, timeoutMs: 50 })
    await assert.rejects(attempt.session, { phase: 'tls', message: 'no answer within 50 ms' })
    await attempt.destroy()
  })

  it('fails in the tls phase when the server speaks cleartext', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, tls: {}, timeoutMs: 2000 })
    const failed = assert.rejects(attempt.session, { phase: 'tls' })
    const connection = await peer.acceptRaw()
    connection.send(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await failed
    await attempt.destroy()
  })

  it('fails in the tls phase when the server hangs up', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, tls: {}, timeoutMs: 2000 })
    const failed = assert.rejects(attempt.session, { phase: 'tls' })
    const connection = await peer.acceptRaw()
    connection.destroy()
    await failed
    await attempt.destroy()
  })

  it('without TLS to a server that has it fails in the http2 phase', async () => {
    const { server } = await certificates()
    const error = await failure(server, undefined)
    assert.equal(error.phase, 'http2')
  })
})

describe('the server name of TLS', () => {
  failOnLeaks()

  for (const [name, host, servername, expected] of [
    ['is the host', 'localhost', undefined, 'localhost'],
    ['is none for an address', '127.0.0.1', undefined, undefined],
    ['is what the options say', '127.0.0.1', 'localhost', 'localhost'],
  ] as const) {
    it(name, async () => {
      const { authority, server } = await certificates()
      const names: unknown[] = []
      const tls: TlsOptions = {
        ...server,
        SNICallback: (asked, done) => {
          names.push(asked)
          done(null)
        },
      }
      await using peer = await ScriptedPeer.listen({ tls })
      const attempt = connect({
        target: { host, port: peer.port },
        tls: { ca: authority.cert, ...(servername !== undefined && { servername }) },
        timeoutMs: 2000,
      })
      await Promise.all([attempt.session, peer.accept()])
      await attempt.destroy()
      assert.deepEqual(names, expected === undefined ? [] : [expected])
    })
  }
})
