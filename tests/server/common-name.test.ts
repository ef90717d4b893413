// With auth on, who shows a certificate and no token is the user of its common name: of the embedded server as of etcd.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Auth, encodeUtf8, PermissionType } from '@etcdkit/protocol'
import { Etcd } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { patientMs } from '../support/patience.ts'
import { forEachServer } from '../support/suites.ts'

/** Whom the certificate of a test's clients names. */
const commonName = 'etcdkit-client'

forEachServer(
  'common name',
  (server) => {
    failOnLeaks()

    it('a certificate is good for what its user may do, and a token goes before it', async () => {
      const { endpoints } = server
      const { ca, clientCert: cert, clientKey: key } = server.tls ?? {}
      const tls = { ca, cert, key }
      await using etcd = new Etcd({ endpoints, tls, timeoutMs: patientMs })
      await etcd.call(Auth.userAdd, { name: 'root', password: 'secret' })
      await etcd.call(Auth.userGrantRole, { user: 'root', role: 'root' })
      await etcd.call(Auth.authEnable, {})
      await assert.rejects(etcd.get('a'), { code: 'permission-denied' })
      await using root = new Etcd({
        endpoints,
        tls,
        timeoutMs: patientMs,
        auth: { username: 'root', password: 'secret' },
      })
      await root.call(Auth.userAdd, { name: commonName, options: { noPassword: true } })
      await root.call(Auth.roleAdd, { name: 'reader' })
      const perm = { permType: PermissionType.READ, key: encodeUtf8('a') }
      await root.call(Auth.roleGrantPermission, { name: 'reader', perm })
      await root.call(Auth.userGrantRole, { user: commonName, role: 'reader' })
      await root.put('a', '1')
      assert.equal((await etcd.get('a'))?.value, '1')
      await assert.rejects(etcd.put('a', '2'), { code: 'permission-denied' })
      await assert.rejects(etcd.call(Auth.userList, {}), { code: 'permission-denied' })
      await using stranger = new Etcd({
        endpoints,
        tls,
        timeoutMs: patientMs,
        auth: { token: 'nobody.1' },
      })
      await assert.rejects(stranger.get('a'), { code: 'invalid-auth-token' })
    })
  },
  { tls: 'mutual', only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'] },
)
