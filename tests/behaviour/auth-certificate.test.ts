// Mutual TLS with auth on: the common name of a client's certificate is its user.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { Etcd, prefix, type TlsOptions } from 'etcdkit'
import { certificates } from '../support/certificates.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'

// The common name of the tests' client certificate.
const commonName = 'etcdkit-client'
const root = { username: 'root', password: 'the root password' }

describeWith(etcdRequirement('3.5'), 'auth by certificate', () => {
  let server: RunningEtcd
  before(async () => {
    server = await startEtcd({ version: '3.5', tls: 'mutual' })
    await using etcd = connect()
    const { auth } = etcd
    await auth.users.add('root', { password: root.password })
    await auth.users.grantRole('root', 'root')
    await auth.users.add(commonName, { noPassword: true })
    await auth.roles.add('reader')
    await auth.roles.grantPermission('reader', 'read', prefix('shared/'))
    await auth.users.grantRole(commonName, 'reader')
    await etcd.put('shared/a', '1')
    await auth.enable()
  })
  after(() => server[Symbol.asyncDispose]())
  failOnLeaks()

  function connect(options: { readonly auth?: typeof root; readonly tls?: TlsOptions } = {}): Etcd {
    const { tls } = server
    assert.ok(tls)
    const own = { ca: tls.ca, cert: tls.clientCert, key: tls.clientKey }
    return new Etcd({ endpoints: server.endpoints, tls: own, ...options })
  }

  it('a client with a certificate and no password is the user that the certificate names', async () => {
    await using etcd = connect()
    assert.equal((await etcd.get('shared/a'))?.value, '1')
    await using watch = etcd.watch(prefix('shared/'))
    await watch.ready
    await etcdErrorOf(etcd.put('shared/a', '2'), 'permission-denied')
    await etcdErrorOf(etcd.get('other'), 'permission-denied')
    assert.deepEqual((await etcd.auth.users.get(commonName)).roles, ['reader'])
  })

  it('a role granted meanwhile counts at once', async () => {
    await using manager = connect({ auth: root })
    await using etcd = connect()
    await etcdErrorOf(etcd.put('shared/b', '1'), 'permission-denied')
    await manager.auth.roles.grantPermission('reader', 'readwrite', 'shared/b')
    await etcd.put('shared/b', '1')
    await manager.auth.roles.revokePermission('reader', 'shared/b')
    await etcdErrorOf(etcd.put('shared/b', '2'), 'permission-denied')
  })

  it('a password is stronger than the certificate it comes with', async () => {
    await using etcd = connect({ auth: root })
    await etcd.put('other', '1')
    assert.deepEqual((await etcd.auth.users.get('root')).roles, ['root'])
  })

  it('a certificate without a common name may do nothing, and one of a stranger does not connect', async () => {
    const { namelessClient, authority, other } = await certificates()
    const nameless = { ca: authority.cert, ...namelessClient }
    await using nobody = connect({ tls: nameless })
    await etcdErrorOf(nobody.get('shared/a'), 'permission-denied')
    await using stranger = connect({ tls: { ca: authority.cert, ...other.client } })
    const refused = await rejectionOf(stranger.get('shared/a', { timeoutMs: 2000 }))
    assert.match(String(refused), /^EtcdError: Cannot get "shared\/a": /)
  })
})
