// TLS with `node:http2`: ALPN, client certificates, server names, and the socket of a file.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { createServer } from 'node:https'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { GrpcTransport } from '../../packages/client/src/transport/grpc/grpc-transport.ts'
import type { TlsOptions } from '../../packages/client/src/transport/tls.ts'
import { type Certificates, certificates } from '../support/certificates.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { patientMs } from '../support/patience.ts'
import { createTempFolder } from '../support/temp-folder.ts'
import { EchoServer, echo, echoUnary } from './echo.ts'

let made: Certificates
before(async () => {
  made = await certificates()
})

// A call that cannot succeed takes it all.
const refusedAfterMs = 2000

/** Calls once over TLS. */
async function call(endpoint: string, tls: TlsOptions, timeoutMs = patientMs): Promise<number> {
  const transport = new GrpcTransport({ endpoints: endpoint, tls, timeoutMs })
  try {
    const { bytes } = await transport.unary(echoUnary, { bytes: new Uint8Array(100_000) })
    return bytes.length
  } finally {
    await transport.close()
  }
}

describe('a node:http2 server with TLS', () => {
  failOnLeaks()

  it('agrees on h2 and carries calls', async () => {
    await using server = await EchoServer.listen({ tls: { ...made.server } })
    assert.equal(await call(server.endpoint, { ca: made.authority.cert }), 100_000)
  })

  it('is refused when its authority is not trusted, with a message that says so', async () => {
    await using server = await EchoServer.listen({ tls: { ...made.other.server } })
    await assert.rejects(call(server.endpoint, { ca: made.authority.cert }, refusedAfterMs), {
      code: 'tls-failed',
      message: /^cannot connect to https:.*: TLS: /,
    })
  })

  it('is taken when its certificate need not be valid', async () => {
    await using server = await EchoServer.listen({ tls: { ...made.other.server } })
    assert.equal(await call(server.endpoint, { rejectUnauthorized: false }), 100_000)
  })

  it('that knows only HTTP/1.1 is refused', async () => {
    const server = createServer({ ...made.server }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    server.on('tlsClientError', () => {})
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const endpoint = `https://127.0.0.1:${address.port}`
    const calling = call(endpoint, { ca: made.authority.cert }, refusedAfterMs)
    await assert.rejects(calling, { code: 'tls-failed' })
    server.close()
    await once(server, 'close')
  })

  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    it(`sees the client's certificate, and refuses clients without one (${maxVersion})`, async () => {
      const names: unknown[] = []
      await using server = await EchoServer.listen({
        tls: {
          ...made.server,
          maxVersion,
          ca: made.authority.cert,
          requestCert: true,
          rejectUnauthorized: true,
        },
        answer: (stream: ServerHttp2Stream) => {
          const socket = stream.session?.socket as TLSSocket | undefined
          names.push(socket?.getPeerCertificate().subject.CN)
          echo(stream)
        },
      })
      const { ca, cert, key } = { ca: made.authority.cert, ...made.client }
      assert.equal(await call(server.endpoint, { ca, cert, key }), 100_000)
      assert.deepEqual(names, ['etcdkit-client'])
      const refusals = [{ ca }, { ca, ...made.other.client }].map((tls) =>
        // Node's servers just hang up, with TLS 1.3 after the handshake; others send an alert (see etcd.test.ts).
        assert.rejects(call(server.endpoint, tls, refusedAfterMs), {
          code: maxVersion === 'TLSv1.2' ? 'tls-failed' : /^(?:http2|tls)-failed$/,
          message: /closed the connection|ECONNRESET|alert/,
        }),
      )
      await Promise.all(refusals)
    })
  }

  it('sees the server name that was asked for', async () => {
    const names: unknown[] = []
    await using server = await EchoServer.listen({
      tls: { ...made.server },
      answer: (stream: ServerHttp2Stream) => {
        names.push((stream.session?.socket as TLSSocket | undefined)?.servername)
        echo(stream)
      },
    })
    const ca = made.authority.cert
    await call(server.endpoint, { ca })
    await call(server.endpoint.replace('127.0.0.1', 'localhost'), { ca })
    await call(server.endpoint, { ca, serverName: 'localhost' })
    assert.deepEqual(names, [false, 'localhost', 'localhost'])
  })

  it('is asked without a scheme as well when TLS options are given', async () => {
    await using server = await EchoServer.listen({ tls: { ...made.server } })
    const endpoint = server.endpoint.replace('https://', '')
    assert.equal(await call(endpoint, { ca: made.authority.cert }), 100_000)
  })
})

describe('a node:http2 server on a unix socket', () => {
  failOnLeaks()

  it('carries calls, with TLS and without', async () => {
    await using folder = await createTempFolder('interop')
    for (const tls of [undefined, { ...made.server }]) {
      const path = join(folder.path, tls === undefined ? 'plain.sock' : 'tls.sock')
      await using server = await EchoServer.listen({ path, ...(tls !== undefined && { tls }) })
      const options = {
        endpoints: server.endpoint,
        ...(tls !== undefined && { tls: { ca: made.authority.cert } }),
      }
      const transport = new GrpcTransport(options)
      const { bytes } = await transport.unary(echoUnary, { bytes: new Uint8Array(100_000) })
      assert.equal(bytes.length, 100_000)
      await transport.close()
    }
  })
})
