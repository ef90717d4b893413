// Section S2 of reference/existing-clients.md: TLS, unix sockets and users, row by row.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Etcd, type EtcdOptions } from 'etcdkit/gateway'
import { certificates } from '../support/certificates.ts'
import { EtcdMember } from '../support/etcd-member.ts'
import { gatewayKinds } from '../support/gateway-suites.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { createTempFolder } from '../support/temp-folder.ts'
import type { TlsFiles } from '../support/tls-files.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

function tlsOf({ tls }: SuiteServer): TlsFiles {
  assert.ok(tls)
  return tls
}

async function put(server: SuiteServer, options: EtcdOptions): Promise<void> {
  await using etcd = new Etcd({ endpoints: server.endpoints, ...options })
  await etcd.put(`${uniquePrefix()}a`, '1')
}

/** What a put is refused for. It is tried again until its limit; the first refusal says enough. */
async function refusal(server: SuiteServer, options: EtcdOptions): Promise<string> {
  await using etcd = new Etcd({ endpoints: server.endpoints, ...options })
  const events = etcd.events()
  const putting = etcd.put('a', '1')
  putting.catch(() => undefined)
  for await (const event of events) {
    if (event.type !== 'retrying') continue
    assert.equal(event.error.code, 'tls-failed', event.error.message)
    return event.error.message
  }
  return assert.fail('nothing was tried again')
}

forEachServer(
  'gateway S2 over TLS',
  (server) => {
    failOnLeaks()

    it('S2.7: the server’s certificate must be valid, unless it is asked not to matter', async () => {
      const { ca } = tlsOf(server)
      const message = await refusal(server, {})
      assert.match(message, /^cannot connect to https:\S+: TLS: .*certificate/)
      await put(server, { tls: { ca } })
      await put(server, { tls: { rejectUnauthorized: false } })
    })

    it('S2.12: the name to ask for and to find in the certificate is the host’s, or another', async () => {
      const { ca } = tlsOf(server)
      await put(server, { tls: { ca, serverName: 'localhost' } })
      const message = await refusal(server, { tls: { ca, serverName: 'other.example' } })
      assert.match(message, /other\.example/)
    })

    it('S2.9: an authority as PEM, bytes, a path, or several of them', async () => {
      const { ca, paths } = tlsOf(server)
      const { other } = await certificates()
      for (const given of [ca, Buffer.from(ca), paths.ca, [other.authority.cert, paths.ca]]) {
        await put(server, { tls: { ca: given } })
      }
      await refusal(server, { tls: { ca: other.authority.cert } })
    })
  },
  { only: gatewayKinds, tls: 'server' },
)

forEachServer(
  'gateway S2 over mutual TLS',
  (server) => {
    failOnLeaks()

    it('S2.8: a client certificate and its key as the paths of files', async () => {
      const { paths } = tlsOf(server)
      await put(server, {
        tls: { ca: paths.ca, cert: paths.clientCert, key: paths.clientKey },
      })
    })

    it('S2.9: a client certificate and its key as PEM', async () => {
      const { ca, clientCert, clientKey } = tlsOf(server)
      await put(server, { tls: { ca, cert: clientCert, key: clientKey } })
    })

    it('S2.9: without one, or with a stranger’s, there is no answer', async () => {
      const { ca } = tlsOf(server)
      const { other } = await certificates()
      const stranger = { cert: other.client.cert, key: other.client.key }
      for (const tls of [{ ca }, { ca, ...stranger }]) {
        await using etcd = new Etcd({ endpoints: server.endpoints, tls, timeoutMs: 500 })
        // With TLS 1.3 the client's side is done before the server has looked at its certificate.
        await assert.rejects(etcd.get('a'), { name: 'EtcdError' })
      }
    })

    it('S2.8: files that are not there are told', async () => {
      const { ca } = tlsOf(server)
      const message = await refusal(server, {
        tls: { ca, cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' },
      })
      assert.match(message, /TLS: ENOENT.*\/nowhere\/cert\.pem/)
    })
  },
  { only: gatewayKinds, tls: 'mutual' },
)

forEachServer(
  'gateway S2 over a unix socket',
  (server) => {
    failOnLeaks()

    function socketPathOf(): string {
      const [member] = (server.running as unknown as { members: readonly EtcdMember[] }).members
      assert.ok(member instanceof EtcdMember && member.socketPath !== undefined)
      return member.socketPath
    }

    it('S2.13: requests go through the socket, as an endpoint or as the way to every endpoint', async () => {
      const socketPath = socketPathOf()
      for (const options of [
        { endpoints: `unix://${socketPath}` },
        // A host that is not there, so that there is no other way.
        { endpoints: 'http://etcd.invalid:2379', socketPath },
      ]) {
        await using etcd = new Etcd(options)
        await etcd.put(`${uniquePrefix()}a`, '1')
      }
    })

    it('S2.13: a socket that is not there is done without', async () => {
      await using folder = createTempFolder('no-socket')
      await put(server, { socketPath: `${folder.path}/etcd.sock` })
    })
  },
  { only: ['etcd 3.4 (gateway)', 'etcd 3.5 (gateway)'], unixSocket: true },
)
