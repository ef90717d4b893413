// Real servers start, die, come back and go without a trace.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { it } from 'node:test'
import { etcdVersions } from './etcd-binary.ts'
import { type RunningEtcd, startEtcd } from './etcd-server.ts'
import { requestMember } from './http.ts'
import { failOnLeaks } from './leaks.ts'
import { describeWith, etcdRequirement } from './suites.ts'

for (const version of etcdVersions) {
  describeWith(etcdRequirement(version), 'startEtcd', () => {
    failOnLeaks()

    it('startEtcd serves one member, on a unix socket as well', async () => {
      await using etcd = await startEtcd({ version, unixSocket: true })
      const member = only(etcd)
      assert.equal(await readVersion(etcd), etcd.version)
      const target = { endpoint: 'http://localhost', socketPath: required(member.socketPath) }
      assert.equal((await requestMember(target, '/health')).status, 200)
      await member.restart()
      assert.equal((await requestMember(target, '/health')).status, 200)
    })

    it('startEtcd serves the v2 API when asked to', async () => {
      await using etcd = await startEtcd({ version, v2: true })
      const { body } = await only(etcd).request('/v2/keys/')
      assert.deepEqual(JSON.parse(body), { action: 'get', node: { dir: true } })
    })

    it('startEtcd has members tell clients another URL when asked to', async () => {
      const advertiseClientUrls = ['http://127.0.0.1:1']
      await using etcd = await startEtcd({ version, advertiseClientUrls })
      const { body } = await only(etcd).request('/v3/cluster/member/list', { body: {} })
      assert.deepEqual(JSON.parse(body).members[0].clientURLs, advertiseClientUrls)
    })

    it('minimumLeaseTtlSeconds is what the server grants at least', async () => {
      for (const timing of [{}, { heartbeatMs: 100, electionMs: 1000 }]) {
        await using etcd = await startEtcd({ version, ...timing })
        const { body } = await only(etcd).request('/v3/lease/grant', { body: { TTL: 0 } })
        assert.equal(Number(JSON.parse(body).TTL), etcd.minimumLeaseTtlSeconds)
      }
    })

    it('EtcdMember.pause stops the answers and resume brings them back', async () => {
      await using etcd = await startEtcd({ version })
      const member = only(etcd)
      await member.pause()
      await assert.rejects(member.request('/health', { timeoutMs: 100 }))
      member.resume()
      assert.equal((await member.request('/health')).status, 200)
    })

    it('dispose ends the processes and removes the folder', async () => {
      const etcd = await startEtcd({ version, unixSocket: true })
      const { socketPath, pid } = only(etcd)
      const folder = dirname(dirname(required(socketPath)))
      assert.ok(existsSync(folder))
      await etcd[Symbol.asyncDispose]()
      assert.ok(!existsSync(folder))
      assert.throws(() => process.kill(required(pid), 0), { code: 'ESRCH' })
    })

    it('three members with client certificates survive the loss of their leader', async () => {
      await using etcd = await startEtcd({ version, members: 3, tls: 'mutual' })
      const first = await etcd.leader()
      await first.kill()
      assert.equal(first.pid, undefined)
      const second = await etcd.leader()
      assert.notEqual(second, first)
      await first.restart()
      assert.equal((await first.request('/health')).status, 200)
    })
  })
}

async function readVersion(etcd: RunningEtcd): Promise<unknown> {
  const { body } = await only(etcd).request('/version')
  return JSON.parse(body).etcdserver
}

function only(etcd: RunningEtcd): RunningEtcd['members'][number] {
  return required(etcd.members[0])
}

function required<T>(value: T | undefined): T {
  assert.ok(value !== undefined)
  return value
}
