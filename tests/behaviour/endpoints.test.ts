// Three members and a client that knows them all: it goes around those that fail, moves when it is told to, and finds
// them out by itself.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { type ClientEvent, Etcd, prefix } from 'etcdkit'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { patientMs } from '../support/patience.ts'
import { pollUntil } from '../support/poll.ts'
import { reservePorts } from '../support/ports.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { deafListener } from './support/deaf-listener.ts'
import { steadyLeader } from './support/steady-leader.ts'
import { startProxy } from './support/tcp-proxy.ts'

describeWith(etcdRequirement('3.5'), 'endpoints', () => {
  let cluster: RunningEtcd
  before(async () => {
    cluster = await startEtcd({ version: '3.5', members: 3, ...steadyLeader })
  })
  after(() => cluster[Symbol.asyncDispose]())
  failOnLeaks()

  it('lessons 1.5, D7: a thousand reads succeed while members refuse, say nothing and freeze', async () => {
    await using deaf = await deafListener()
    // The frozen one must not take the leader away from the others: that is another test's.
    const leader = await cluster.leader()
    const frozen = cluster.members.find((member) => member !== leader)
    assert(frozen)
    const endpoints = ['http://127.0.0.1:1', deaf.endpoint, ...cluster.endpoints]
    await using etcd = new Etcd({ endpoints, timeoutMs: 20_000 })
    const key = `${uniquePrefix()}a`
    const { revision } = await etcd.put(key, '1')
    let reads = 0
    const reader = async (): Promise<void> => {
      while (reads++ < 1000) {
        if (reads === 300) await frozen.pause()
        if (reads === 800) frozen.resume()
        assert.equal((await etcd.get(key))?.modRevision, revision)
      }
    }
    try {
      await Promise.all(Array.from({ length: 10 }, reader))
    } finally {
      frozen.resume()
    }
  })

  it('lessons 1.15: setEndpoints moves watches, leases and calls under way, and loses nothing', async () => {
    const [first = '', second = ''] = cluster.endpoints
    await using one = await startProxy(first)
    await using two = await startProxy(second)
    await using etcd = new Etcd({ endpoints: one.endpoint, timeoutMs: patientMs })
    await using direct = new Etcd({ endpoints: cluster.endpoints, timeoutMs: patientMs })
    const at = uniquePrefix()
    await using lease = await etcd.lease({ ttlSeconds: 10 })
    await etcd.put(`${at}lease`, 'held', { lease })
    await using watch = etcd.watch(prefix(`${at}n/`))
    await watch.ready
    const seen: string[] = []
    const watching = (async () => {
      for await (const event of watch) {
        seen.push(event.type === 'put' ? String(event.value) : 'delete')
        if (event.key.endsWith('last')) return
      }
    })()
    const moves = [two, one, two]
    for (let n = 0; n < 60; n++) {
      const to = n % 20 === 10 ? moves.shift() : undefined
      const writes = [direct.put(`${at}n/${n}`, `${n}`), etcd.put(`${at}own`, `${n}`)]
      if (to !== undefined) {
        etcd.setEndpoints([to.endpoint])
        assert.deepEqual(etcd.endpoints, [to.endpoint])
      }
      await Promise.all(writes)
    }
    await direct.put(`${at}n/last`, 'last')
    await watching
    assert.deepEqual(seen, [...Array.from({ length: 60 }, (_, n) => `${n}`), 'last'])
    assert.equal((await direct.get(`${at}own`))?.version, 60)
    assert.equal(lease.signal.aborted, false)
    // Nothing is left where it was.
    await pollUntil(() => one.open === 0, { what: 'the old connection to end', deadlineMs: 20_000 })
    const left = await etcd.leases.timeToLive(lease.id)
    assert.ok(left !== undefined && left.ttlSeconds > 0)
  })

  it('sync takes the endpoints from the members, once or again and again', async () => {
    const [only = ''] = cluster.endpoints
    await using etcd = new Etcd(only)
    assert.deepEqual(etcd.endpoints, [only])
    assert.deepEqual([...(await etcd.sync())].sort(), [...cluster.endpoints].sort())
    assert.deepEqual([...etcd.endpoints].sort(), [...cluster.endpoints].sort())

    await using again = new Etcd({ endpoints: only, syncIntervalMs: 20 })
    for await (const event of again.events()) {
      if (event.type !== 'endpoints-changed') continue
      assert.deepEqual([...event.endpoints].sort(), [...cluster.endpoints].sort())
      break
    }
  })

  it('lessons 1.17: calls that wait through an outage of all members are answered when it is over', async () => {
    await using reserved = await reservePorts(1)
    const [port = 0] = reserved.ports
    await using etcd = new Etcd({ endpoints: `http://127.0.0.1:${port}`, timeoutMs: 60_000 })
    const told: ClientEvent['type'][] = []
    const listening = (async () => {
      for await (const event of etcd.events()) if (event.type !== 'dropped') told.push(event.type)
    })()
    const key = `${uniquePrefix()}a`
    const calls = [etcd.get(key), etcd.put(key, '1')]
    await pollUntil(() => told.includes('ejected'), { what: 'the outage', deadlineMs: 30_000 })
    await using proxy = await startProxy(cluster.endpoints[0] ?? '', port)
    assert.deepEqual(etcd.endpoints, [proxy.endpoint])
    await Promise.all(calls)
    assert.equal((await etcd.get(key))?.version, 1)
    await etcd.close()
    await listening
    assert.deepEqual([...new Set(told)], ['ejected', 'connected', 'restored'])
  })
})
