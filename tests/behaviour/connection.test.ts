// What the client does with its connections: one for all calls, deadlines and aborts that leave it alone, and after a
// cut: reads again, writes at most once.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Etcd, EtcdError, everything, op } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { etcdErrorOf, rejectionOf } from './support/rejections.ts'
import { startProxy, type TcpProxy } from './support/tcp-proxy.ts'

// Within a process there is no connection to cut.
const only = ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5']

forEachServer('connection', declare, { only })

function declare(server: SuiteServer): void {
  failOnLeaks()

  it('nothing connects before the first call, and one connection serves a thousand at a time', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd(proxy.endpoint)
    const key = `${uniquePrefix()}a`
    assert.equal(proxy.connections, 0)
    await Promise.all(Array.from({ length: 1000 }, () => etcd.get(key)))
    await Promise.all(Array.from({ length: 1000 }, () => etcd.put(key, '1')))
    assert.equal(proxy.connections, 1)
    assert.equal((await etcd.get(key))?.version, 1000)
  })

  it('etcd.close closes the connection', async () => {
    await using proxy = await proxyOf(server)
    const etcd = new Etcd(proxy.endpoint)
    await etcd.get('a')
    assert.equal(proxy.open, 1)
    await etcd.close()
    await pollUntil(() => proxy.open === 0, { what: 'the connection to close', deadlineMs: 20_000 })
  })

  it('an aborted call, and one that took too long, leave the connection to the others', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd(proxy.endpoint)
    await etcd.get('a')
    proxy.holdAnswers()
    const controller = new AbortController()
    const reason = new Error('mine')
    const aborted = rejectionOf(etcd.get('a', { signal: controller.signal }))
    const expired = etcdErrorOf(etcd.get('a', { timeoutMs: 50 }), 'deadline-exceeded')
    const patient = etcd.get('a')
    await expired
    controller.abort(reason)
    assert.equal(await aborted, reason)
    proxy.release()
    await patient
    await etcd.get('a')
    assert.equal(proxy.connections, 1)
  })

  it('a write whose answer does not come in time rejects with unknown, since it may have been applied', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd(proxy.endpoint)
    await using direct = server.connect()
    const key = `${uniquePrefix()}a`
    await etcd.put(key, '1')
    proxy.holdAnswers()
    const error = await etcdErrorOf(etcd.put(key, '2', { timeoutMs: 500 }), 'deadline-exceeded')
    assert.equal(error.outcome, 'unknown')
    assert.equal(error.endpoint, proxy.endpoint)
    assert.equal(
      error.message,
      `Cannot put ${JSON.stringify(key)}: no answer from ${proxy.endpoint} within 500 ms`,
    )
    const applied = async (): Promise<boolean> => (await direct.get(key))?.value === '2'
    await pollUntil(applied, { what: 'the put to be applied', deadlineMs: 20_000 })
    proxy.release()
    assert.equal((await etcd.get(key))?.version, 2)
  })

  it('every verb has a deadline: reads without an outcome, writes with unknown', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd({ endpoints: proxy.endpoint, timeoutMs: 100 })
    const keys = etcd.keyspace(uniquePrefix())
    await keys.put('a', '1', { timeoutMs: 60_000 })
    proxy.holdRequests()
    const reads = [
      keys.get('a'),
      keys.list(everything),
      keys.count(everything),
      keys.scan(everything).next(),
    ]
    const writes = [
      keys.put('a', '2'),
      keys.delete('a'),
      keys.putIfAbsent('b', '2'),
      keys.putIfPresent('a', '2'),
      keys.compareAndSwap('a', '2', { version: 1 }),
      keys.txn({ then: [op.put('b', '2')] }),
      etcd.compact(1),
    ]
    for (const [calls, outcome] of [
      [reads, undefined],
      [writes, 'unknown'],
    ] as const) {
      const errors = await Promise.all(calls.map((call) => etcdErrorOf(call, 'deadline-exceeded')))
      assert.deepEqual(
        errors.map((error) => error.outcome),
        Array(calls.length).fill(outcome),
      )
    }
  })

  it('timeoutMs of a call goes before that of the client, and may be 0 or endless', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd({ endpoints: proxy.endpoint, timeoutMs: 100 })
    await etcd.get('a', { timeoutMs: 60_000 })
    proxy.holdAnswers()
    const limits = [0, Number.POSITIVE_INFINITY, 2 ** 31, 2 ** 40, Number.MAX_VALUE]
    const unlimited = limits.map((timeoutMs) => etcd.get('a', { timeoutMs }))
    const longer = etcd.get('a', { timeoutMs: 60_000 })
    await etcdErrorOf(etcd.get('a'), 'deadline-exceeded')
    await etcdErrorOf(etcd.get('a', { timeoutMs: 200 }), 'deadline-exceeded')
    proxy.release()
    for (const entry of await Promise.all([...unlimited, longer])) assert.equal(entry, undefined)
  })

  it('etcd.close ends calls whose answers do not come: writes with unknown', async () => {
    await using proxy = await proxyOf(server)
    const etcd = new Etcd(proxy.endpoint)
    const key = `${uniquePrefix()}a`
    await etcd.get(key)
    proxy.holdAnswers()
    const reading = etcdErrorOf(etcd.get(key), 'closed')
    const writing = etcdErrorOf(etcd.put(key, '1'), 'closed')
    await etcd.close()
    assert.deepEqual([(await reading).outcome, (await writing).outcome], [undefined, 'unknown'])
  })

  it('reads survive any number of cuts: get, list, scan and a txn that only reads', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd(proxy.endpoint)
    const keys = etcd.keyspace(uniquePrefix())
    await keys.put('a', '1')
    const reads: readonly (() => Promise<unknown>)[] = [
      () => keys.get('a'),
      () => keys.list(everything),
      () => keys.scan(everything).next(),
      () => keys.txn({ then: [op.get('a'), op.txn({ then: [op.count(everything)] })] }),
    ]
    for (let round = 0; round < 10; round++) {
      const answers = Promise.all(
        Array.from({ length: 5 }, () => reads.map((read) => read())).flat(),
      )
      proxy.cut()
      await answers
    }
    assert.ok(proxy.connections > 1)
  })

  it('a write is applied at most once, whatever is cut, and its error tells the truth', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd(proxy.endpoint)
    await using direct = server.connect()
    const at = uniquePrefix()
    const told = await putThroughCuts(etcd, proxy, at)
    assert.ok(
      told.some((each) => each instanceof EtcdError),
      'some were cut off',
    )
    assert.ok(
      told.some((each) => each === 'done'),
      'some were not',
    )
    const { entries } = await direct.keyspace(at).list(everything)
    const versions = new Map(entries.map(({ key, version }) => [key, version]))
    for (const [n, each] of told.entries()) {
      const version = versions.get(`${n}`) ?? 0
      assert.ok(version <= 1, `put ${n} was applied ${version} times`)
      if (each === 'done') assert.equal(version, 1)
      else if (each.outcome === 'not-applied') assert.equal(version, 0)
      else assert.deepEqual([each.code, each.outcome], ['connection-lost', 'unknown'])
    }
  })

  it('repeatable writes survive cuts, at the price of being applied more than once', async () => {
    await using proxy = await proxyOf(server)
    await using etcd = new Etcd(proxy.endpoint)
    await using direct = server.connect()
    const at = uniquePrefix()
    const told = await putThroughCuts(etcd, proxy, at, { repeatable: true })
    assert.ok(told.every((each) => each === 'done'))
    const { entries } = await direct.keyspace(at).list(everything)
    assert.equal(entries.length, told.length)
  })

  it('calls go round the endpoints, and around those where nobody listens', async () => {
    await using first = await proxyOf(server)
    await using second = await proxyOf(server)
    const gone = await proxyOf(server)
    await gone[Symbol.asyncDispose]()
    await using etcd = new Etcd([gone.endpoint, first.endpoint, second.endpoint])
    for (let n = 0; n < 50; n++) await etcd.get('a')
    assert.deepEqual([first.connections, second.connections], [1, 1])
  })

  it('options.endpoint sends a call to that member, known to the client or not', async () => {
    await using known = await proxyOf(server)
    await using unknown = await proxyOf(server)
    await using etcd = new Etcd(known.endpoint)
    await etcd.get('a', { endpoint: unknown.endpoint })
    assert.deepEqual([known.connections, unknown.connections], [0, 1])
    await etcd.get('a')
    assert.deepEqual([known.connections, unknown.connections], [1, 1])
  })
}

function proxyOf(server: SuiteServer): Promise<TcpProxy> {
  const [endpoint] = server.endpoints
  if (endpoint === undefined) throw new Error('Cannot put a proxy before a server without a port')
  return startProxy(endpoint)
}

/** Puts many keys, `0` and on, cutting all connections again and again, and tells what came of each put. */
async function putThroughCuts(
  etcd: Etcd,
  proxy: TcpProxy,
  at: string,
  options = {},
): Promise<('done' | EtcdError)[]> {
  const keys = etcd.keyspace(at)
  const told: ('done' | EtcdError)[] = []
  let next = 0
  let settled = 0
  const writer = async (): Promise<void> => {
    for (let n = next++; n < 200; n = next++) {
      try {
        await keys.put(`${n}`, '1', options)
        told[n] = 'done'
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error
        told[n] = error
      }
      if (++settled % 25 === 0) proxy.cut()
    }
  }
  await Promise.all(Array.from({ length: 10 }, writer))
  return told
}
