// Sections S0 and S1 of reference/existing-clients.md, row by row: how a v2 client is made, and how it reaches servers.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdV2, type V2Options } from 'etcdkit/v2'
import * as undici from 'undici'
import { certificates } from '../support/certificates.ts'
import { EtcdMember } from '../support/etcd-member.ts'
import { startEtcd } from '../support/etcd-server.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { startOldEtcd } from '../support/old-etcd.ts'
import {
  describeWith,
  etcdRequirement,
  forEachServer,
  type SuiteServer,
} from '../support/suites.ts'
import { createTempFolder } from '../support/temp-folder.ts'
import type { TlsFiles } from '../support/tls-files.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { steadyLeader } from './support/steady-leader.ts'

const timeoutMs = 60_000

async function set(server: SuiteServer, options: V2Options): Promise<void> {
  await using etcd = new EtcdV2({ endpoints: server.endpoints, timeoutMs, ...options })
  assert.equal((await etcd.set(`${uniquePrefix()}a`, '1')).action, 'set')
}

function tlsOf({ tls }: SuiteServer): TlsFiles {
  assert.ok(tls)
  return tls
}

describe('v2 clients as they are made', () => {
  failOnLeaks()

  it('S0.2, S0.3, S1.1, S1.2: with nothing, with endpoints, with options; the old port by name', async () => {
    await using usual = new EtcdV2()
    assert.deepEqual(usual.endpoints, ['http://127.0.0.1:2379'])
    await using old = new EtcdV2('http://127.0.0.1:4001')
    assert.deepEqual(old.endpoints, ['http://127.0.0.1:4001'])
    await using two = new EtcdV2(['a:1', 'http://b'])
    assert.deepEqual(two.endpoints, ['a:1', 'http://b:2379'])
    for (const options of ['', null, 1, true, { endpoints: 1 }, { endpoints: [] }]) {
      assert.throws(() => new EtcdV2(options as unknown as V2Options), TypeError)
    }
  })

  it('S1.3: the peers of the admin API: port 7001 of the same hosts, or where they are said to be', async () => {
    await using usual = new EtcdV2({ endpoints: ['http://127.0.0.1:1'], timeoutMs: 1000 })
    await assert.rejects(usual.admin.config(), { endpoint: 'http://127.0.0.1:7001' })
    await using cluster = await startOldEtcd()
    const [first] = cluster.members
    await using etcd = new EtcdV2({
      endpoints: first?.clientUrl,
      adminEndpoints: first?.peerUrl,
      timeoutMs,
    })
    assert.equal((await etcd.admin.config()).activeSize, 9)
    assert.equal(cluster.requests.at(-1)?.port, 'peer')
    const wrong = { adminEndpoints: 1 } as unknown as V2Options
    assert.throws(() => new EtcdV2(wrong), TypeError)
  })

  it('S1.22: the older names of the admin API are those of etcd.admin', async () => {
    await using cluster = await startOldEtcd()
    const adminEndpoints = cluster.members.map(({ peerUrl }) => peerUrl)
    const endpoints = cluster.members.map(({ clientUrl }) => clientUrl)
    await using etcd = new EtcdV2({ endpoints, adminEndpoints, timeoutMs })
    const { admin } = etcd
    assert.equal((await admin.setConfig({ activeSize: 5 })).activeSize, 5)
    assert.equal((await admin.config()).activeSize, 5)
    assert.equal((await admin.machines()).length, 3)
    await admin.removeMachine('m2')
    assert.equal(await admin.machine('m2'), undefined)
  })

  it('S1.24: refreshHosts takes over the machines of the cluster, and tells why it cannot', async () => {
    await using cluster = await startOldEtcd()
    await using etcd = new EtcdV2({ endpoints: cluster.members[1]?.clientUrl, timeoutMs })
    const urls = cluster.members.map(({ clientUrl }) => clientUrl)
    assert.deepEqual([...(await etcd.refreshHosts())].toSorted(), urls.toSorted())
    await using nobody = new EtcdV2({ endpoints: 'http://127.0.0.1:1', timeoutMs: 100 })
    await assert.rejects(nobody.refreshHosts(), { name: 'EtcdError' })
    assert.deepEqual(nobody.endpoints, ['http://127.0.0.1:1'])
  })

  it('S0.6, S0.7, S1.5, S1.6: options that cannot be are named', () => {
    for (const [name, value] of [
      ['timeoutMs', -1],
      ['timeoutMs', ''],
      ['prefix', 1],
      ['ttlSeconds', 1.5],
      ['auth', true],
      ['refreshIntervalMs', -1],
      ['fetch', 1],
    ] as const) {
      assert.throws(
        () => new EtcdV2({ [name]: value } as unknown as V2Options),
        (error: unknown) => error instanceof Error && error.message.includes(name),
        name,
      )
    }
  })
})

forEachServer(
  'v2 S0 and S1',
  (server) => {
    failOnLeaks()

    it('S0.1, S1.25: over HTTP, by whatever fetch is given', async () => {
      const urls: string[] = []
      const agent = new undici.Agent()
      const fetch = async (url: string, init: RequestInit): Promise<Response> => {
        urls.push(url)
        const given = { ...init, dispatcher: agent } as unknown as undici.RequestInit
        return (await undici.fetch(url, given)) as unknown as Response
      }
      await set(server, { fetch })
      await agent.close()
      assert.equal(urls.length, 1)
      assert.match(urls[0] ?? '', /^http:\/\/127\.0\.0\.1:\d+\/v2\/keys\//)
    })

    it('S1.5: a prefix in any form; the root is none', async () => {
      const name = uniquePrefix().replace('/', '')
      for (const prefix of [name, `/${name}`, `/${name}/`, `//x/../${name}`]) {
        await using etcd = new EtcdV2({ endpoints: server.endpoints, prefix, timeoutMs })
        await etcd.set('a', prefix)
        const raw = await etcd.raw({ path: `/v2/keys/${name}/a` })
        assert.match(raw.text, new RegExp(`"key":"/${name}/a"`))
      }
      await using none = new EtcdV2({ endpoints: server.endpoints, prefix: '/', timeoutMs })
      assert.equal((await none.get(`${name}/a`))?.key, `/${name}/a`)
    })

    it('S0.6, S0.9, S1.6: a time limit of the client or of the call, and what it rejects with', async () => {
      await using etcd = new EtcdV2({ endpoints: server.endpoints, timeoutMs: 30 })
      const late = { code: 'deadline-exceeded', name: 'EtcdError' }
      await assert.rejects(etcd.wait(`${uniquePrefix()}no`), late)
      const key = `${uniquePrefix()}a`
      await assert.rejects(etcd.wait(key, { timeoutMs: 60 }), late)
      await using writer = new EtcdV2({ endpoints: server.endpoints, timeoutMs })
      const { index } = await writer.set(`${key}b`, 'x')
      // 0 is no limit: it outlives the client's.
      const waiting = etcd.wait(key, { timeoutMs: 0, waitIndex: index + 1 })
      await assert.rejects(etcd.wait(key), late)
      await writer.set(key, 'x')
      assert.equal((await waiting).node.value, 'x')
    })

    it('S0.10: an answer is JSON where it says so, else a text', async () => {
      await using etcd = new EtcdV2({ endpoints: server.endpoints, timeoutMs })
      const stats = await etcd.raw({ path: '/v2/stats/store' })
      assert.equal(typeof stats.body, 'object')
      const machines = await etcd.raw({ path: '/v2/machines' })
      assert.deepEqual([machines.body, machines.text], [machines.text, server.endpoints.join(', ')])
    })
  },
  { v2: true, only: ['embedded (gRPC)', 'etcd 3.5'] },
)

for (const [mode, isMutual] of [
  ['server', false],
  ['mutual', true],
] as const) {
  forEachServer(
    `v2 over TLS (${mode})`,
    (server) => {
      failOnLeaks()

      it('S1.25: certificates of the server and of the client', async () => {
        const { ca, clientCert, clientKey, paths } = tlsOf(server)
        const own = isMutual ? { cert: clientCert, key: clientKey } : {}
        await set(server, { tls: { ca, ...own } })
        const files = isMutual ? { cert: paths.clientCert, key: paths.clientKey } : {}
        await set(server, { tls: { ca: paths.ca, ...files } })
        const { other } = await certificates()
        const tls = isMutual ? { ca } : { ca: other.authority.cert }
        await using etcd = new EtcdV2({ endpoints: server.endpoints, tls, timeoutMs: 500 })
        await assert.rejects(etcd.get('a'), { name: 'EtcdError' })
      })
    },
    { v2: true, tls: mode, only: isMutual ? ['etcd 3.5'] : ['embedded (gRPC)'] },
  )
}

forEachServer(
  'v2 over a unix socket',
  (server) => {
    failOnLeaks()

    it('S1.25: as an endpoint, or as the way to every endpoint; without one the host is asked', async () => {
      const [member] = (server.running as unknown as { members: readonly EtcdMember[] }).members
      assert.ok(member instanceof EtcdMember && member.socketPath !== undefined)
      const { socketPath } = member
      await set(server, { endpoints: `unix://${socketPath}` })
      await set(server, { endpoints: 'http://etcd.invalid:2379', socketPath })
      await using folder = createTempFolder('no-socket')
      await set(server, { socketPath: `${folder.path}/etcd.sock` })
    })
  },
  { v2: true, unixSocket: true, only: ['etcd 3.5'] },
)

describeWith(etcdRequirement('3.5'), 'v2 members', () => {
  it('S1.20, S1.21: members are added, changed and removed', async () => {
    // Else a cluster that has just begun takes nobody.
    const flags = ['--strict-reconfig-check=false']
    const options = { members: 3, v2: true, ...steadyLeader, flags } as const
    await using server = await startEtcd({ version: '3.5', ...options })
    // One of them: it answers a change when it has made it, while others may lag.
    await using etcd = new EtcdV2({ endpoints: server.endpoints[0], timeoutMs })
    const added = await etcd.members.add(['http://127.0.0.1:1'])
    const { id } = added
    assert.deepEqual(
      [added.name, added.peerURLs, added.clientURLs],
      ['', ['http://127.0.0.1:1'], []],
    )
    await assert.rejects(etcd.members.add(['http://127.0.0.1:1']), { status: 409 })
    await etcd.members.update(id, ['http://127.0.0.1:2'])
    const changed = (await etcd.members.list()).find((member) => member.id === id)
    assert.deepEqual(changed?.peerURLs, ['http://127.0.0.1:2'])
    await etcd.members.remove(id)
    assert.equal((await etcd.members.list()).length, 3)
    await assert.rejects(etcd.members.remove(id), { status: 410 })
    await assert.rejects(etcd.members.update('abc', ['http://127.0.0.1:3']), { status: 404 })
    await assert.rejects(etcd.members.add([]), TypeError)
  })
})
