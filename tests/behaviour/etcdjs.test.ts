// Section S4 of reference/existing-clients.md, row by row: the verbs.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import etcdjs, {
  type EtcdjsClient,
  type EtcdjsError,
  type EtcdjsNext,
  type EtcdjsOptions,
  type EtcdjsPushResult,
  type EtcdjsResult,
  type V2LeaderStats,
  type V2SelfStats,
  type V2StoreStats,
} from 'etcdkit/etcdjs'
import { EtcdV2 } from 'etcdkit/v2'
import { called } from '../support/callback.ts'
import { CuttingProxy } from '../support/cutting-proxy.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer, type SuiteServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

/** A store that is destroyed at the end of its block, and a key of its own. */
function open(
  server: SuiteServer,
  options: EtcdjsOptions = {},
): Disposable & { readonly store: EtcdjsClient; readonly key: string } {
  const store = etcdjs([...server.endpoints], options)
  return { store, key: `${uniquePrefix()}k`, [Symbol.dispose]: () => store.destroy() }
}

/** What the callback of a wait is called with. */
type Told = [EtcdjsError | null, EtcdjsResult | undefined | null, EtcdjsNext]

/** What a verb tells its callback; its error is thrown. */
async function result<R = EtcdjsResult>(
  begin: (callback: (error: EtcdjsError | null, result?: NoInfer<R>) => void) => void,
): Promise<R | undefined> {
  const [error, told] = await called<[EtcdjsError | null, R?]>(begin)
  if (error !== null) throw error
  return told
}

forEachServer(
  'etcdjs S4',
  (server) => {
    failOnLeaks()

    it('S4.1: a function and a class, with a host that needs no scheme', async () => {
      const host = (server.endpoints[0] ?? '').replace('http://', '')
      for (const store of [etcdjs(host), new etcdjs(host), etcdjs({ hosts: [host] })]) {
        assert.ok(store instanceof etcdjs)
        const version = await result<unknown>((callback) => store.stats.store(callback))
        assert.equal(typeof version, 'object')
        store.destroy()
      }
    })

    it('S4.11, S4.12: set and get; what is missing is no error; keys with a slash or without', async () => {
      using opened = open(server)
      const { store, key } = opened
      assert.equal(await result((callback) => store.get(key, callback)), undefined)
      const set = await result((callback) => store.set(`/${key}`, 'one', callback))
      assert.deepEqual([set?.action, set?.node.value, set?.prevNode], ['set', 'one', undefined])
      const again = await result((callback) => store.set(key, 'two', { ttl: 50 }, callback))
      assert.deepEqual([again?.prevNode?.value, again?.node.ttl], ['one', 50])
      const got = await result((callback) => store.get(key, { consistent: true }, callback))
      assert.equal(got?.node.value, 'two')
      const root = await result((callback) => store.get(callback))
      assert.deepEqual([root?.node.dir, root?.node.key], [true, undefined])
    })

    it('keys are escaped, but for the escapes that their users made', async () => {
      using opened = open(server)
      const { store, key } = opened
      for (const name of ['ö &=?#+', '100%', 'a%20b', 'ünï/x%25y']) {
        await result((callback) => store.set(`${key}/${name}`, name, callback))
        const got = await result((callback) => store.get(`${key}//${name}/`, callback))
        assert.equal(got?.node.value, name)
      }
      const escaped = await result((callback) => store.get(`${key}/a b`, callback))
      assert.equal(escaped?.node.value, 'a%20b')
    })

    it('S4.12, S4.13, S4.20: conditions of writes', async () => {
      using opened = open(server)
      const { store, key } = opened
      await assert.rejects(
        result((callback) => store.update(key, 'x', callback)),
        { code: 100, message: 'Key not found', cause: `/${key.split('/')[0]}` },
      )
      const created = await result((callback) =>
        store.set(key, 'one', { prevExist: false }, callback),
      )
      await assert.rejects(
        result((callback) => store.set(key, 'two', { prevExist: false }, callback)),
        { code: 105 },
      )
      await assert.rejects(
        result((callback) => store.compareAndSwap(key, 'two', 'other', callback)),
        { code: 101, cause: '[other != one]' },
      )
      await assert.rejects(
        result((callback) => store.compareAndSwap(key, 'x', '', callback)),
        { code: 201 },
      )
      const modifiedIndex = created?.node.modifiedIndex
      assert.ok(modifiedIndex)
      const swapped = await result((callback) =>
        store.set(key, 'two', { prevIndex: modifiedIndex }, callback),
      )
      assert.equal(swapped?.action, 'compareAndSwap')
      const third = await result((callback) => store.compareAndSwap(key, 'three', 'two', callback))
      assert.equal(third?.prevNode?.value, 'two')
    })

    it('S4.14, S4.15, S4.21: deletes and directories', async () => {
      using opened = open(server)
      const { store, key } = opened
      await result((callback) => store.mkdir(key, callback))
      await assert.rejects(
        result((callback) => store.mkdir(key, callback)),
        { code: 102 },
      )
      await result((callback) => store.set(`${key}/a`, 'one', callback))
      await assert.rejects(
        result((callback) => store.rmdir(key, callback)),
        { code: 108 },
      )
      await assert.rejects(
        result((callback) => store.compareAndDelete(`${key}/a`, 'two', callback)),
        { code: 101 },
      )
      const deleted = await result((callback) =>
        store.compareAndDelete(`${key}/a`, 'one', callback),
      )
      assert.equal(deleted?.action, 'compareAndDelete')
      await result((callback) => store.set(`${key}/b`, '1', callback))
      const all = await result((callback) => store.delete(key, { recursive: true }, callback))
      assert.equal(all?.prevNode?.dir, true)
      await assert.rejects(
        result((callback) => store.del(key, callback)),
        { code: 100 },
      )
    })

    it('S4.22: push; the result has the key', async () => {
      using opened = open(server, { json: true })
      const { store, key } = opened
      const first = await result<EtcdjsPushResult<number>>((callback) =>
        store.push(key, 1, callback),
      )
      const second = await result<EtcdjsPushResult<number>>((callback) =>
        store.push(key, 2, { ttl: 90 }, callback),
      )
      assert.ok(first && second && first.key < second.key)
      assert.deepEqual([second.key, second.node.value, second.node.ttl], [second.node.key, 2, 90])
      const list = await result<EtcdjsResult<number>>((callback) =>
        store.get(key, { sorted: true }, callback),
      )
      assert.deepEqual(
        list?.node.nodes?.map(({ value }) => value),
        [1, 2],
      )
    })

    it('S4.9: values as JSON, of the store or of a request; one that is none is an error', async () => {
      using opened = open(server, { json: true })
      using texts = open(server)
      const { store, key } = opened
      const value = { a: [1] }
      const set = await result<EtcdjsResult<typeof value>>((callback) =>
        store.set(key, value, callback),
      )
      assert.deepEqual(set?.node.value, value)
      const swapped = await result((callback) => store.compareAndSwap(key, 'x', value, callback))
      assert.equal(swapped?.action, 'compareAndSwap')
      const text = await result((callback) => texts.store.get(key, callback))
      assert.equal(text?.node.value, '"x"')
      await result((callback) => texts.store.set(key, value, { json: true }, callback))
      const one = await result<EtcdjsResult<typeof value>>((callback) =>
        texts.store.get(key, { json: true }, callback),
      )
      assert.deepEqual(one?.node.value, value)
      await result((callback) => texts.store.set(key, '{', callback))
      await assert.rejects(
        result((callback) => store.get(key, callback)),
        SyntaxError,
      )
    })

    it('S4.31: values that are falsy are written, and a time to live of 0 is one', async () => {
      using opened = open(server)
      const { store, key } = opened
      for (const [value, stored] of [
        [0, '0'],
        [false, 'false'],
        ['', ''],
        [undefined, ''],
        [Buffer.from('bytes'), 'bytes'],
      ]) {
        const set = await result((callback) => store.set(key, value, callback))
        assert.equal(set?.node.value, stored)
      }
      const mortal = await result((callback) => store.set(key, 'x', { ttl: 0 }, callback))
      assert.equal(typeof mortal?.node.expiration, 'string')
      assert.throws(() => store.set(key, { a: 1 }), TypeError)
      assert.throws(() => store.set(key, '\ud800'), TypeError)
      assert.throws(() => store.get(null as unknown as string), TypeError)
    })

    it('S4.16: wait, and next after it misses nothing', async () => {
      using opened = open(server)
      const { store, key } = opened
      const set = await result((callback) => store.set(`${key}/0`, '0', callback))
      const waitIndex = set?.node.modifiedIndex
      const seen: (string | undefined)[] = []
      const all = new Promise<void>((resolve, reject) => {
        store.wait(key, { recursive: true, waitIndex }, function onChange(error, change, next) {
          if (error) return reject(error)
          seen.push(change?.node.value)
          if (seen.length === 20) return resolve()
          next(onChange)
        })
      })
      for (let n = 1; n < 20; n++) {
        await result((callback) => store.set(`${key}/${n % 3}`, `${n}`, callback))
      }
      await all
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, n) => `${n}`),
      )
      const once = await result((callback) =>
        store.get(`${key}/1`, { wait: true, waitIndex }, callback),
      )
      assert.equal(once?.node.value, '1')
    })

    it('S4.17: a wait goes on after its time, and over connections that break, and misses nothing', async () => {
      const whole = { bytes: 100_000, mode: 'end' } as const
      const cuts = [{ bytes: 10, mode: 'reset' }, whole, { bytes: 10, mode: 'end' }] as const
      await using proxy = await CuttingProxy.start(server.endpoints[0] ?? '', cuts)
      using writing = open(server)
      const store = etcdjs(proxy.endpoint, { timeout: 400 })
      const { key } = writing
      const changes: (string | undefined)[] = []
      const both = new Promise<void>((resolve, reject) => {
        store.wait(key, function onChange(error, change, next) {
          if (error) return reject(error)
          changes.push(change?.node.value)
          if (changes.length === 2) return resolve()
          next(onChange)
        })
      })
      const isAgain = () => proxy.connections >= 5
      await pollUntil(isAgain, { what: 'more waits', deadlineMs: 30_000 })
      await result((callback) => writing.store.set(key, 'one', callback))
      await result((callback) => writing.store.set(key, 'two', callback))
      await both
      store.destroy()
      assert.deepEqual(changes, ['one', 'two'])
    })

    it('S4.18: where etcd has forgotten changes, what is there now comes in their place', async () => {
      using opened = open(server)
      const { store, key } = opened
      const set = await result((callback) => store.set(key, 'first', callback))
      const waitIndex = set?.node.modifiedIndex ?? 0
      await using writer = new EtcdV2({ endpoints: server.endpoints, timeoutMs: 60_000 })
      const write = () => writer.set('other', 'x', { noValueOnSuccess: true })
      for (let n = 0; n < 1100; n += 50) await Promise.all(Array.from({ length: 50 }, write))
      const [error, change, next] = await called<Told>((callback) =>
        store.wait(key, { waitIndex }, callback),
      )
      assert.deepEqual([error, change?.action, change?.node.value], [null, 'get', 'first'])
      const following = called<Told>((callback) => next(callback))
      // What has not changed since is not told again.
      const later = called<Told>((callback) =>
        store.wait(key, { waitIndex: waitIndex + 1 }, callback),
      )
      const isWaiting = async () => ((await writer.stats.store()).watchers ?? 0) >= 2
      await pollUntil(isWaiting, { what: 'both waits', deadlineMs: 30_000 })
      await result((callback) => store.set(key, 'second', callback))
      for (const told of [await following, await later]) assert.equal(told[1]?.node.value, 'second')
    })

    it('S4.19: a wait that was destroyed calls nobody', async () => {
      using opened = open(server)
      const { store, key } = opened
      const calls: string[] = []
      const destroyWait = store.wait(key, () => calls.push('wait'))
      const destroyGet = store.get(key, { wait: true }, () => calls.push('get'))
      const destroyRead = store.get(key, () => calls.push('read'))
      destroyRead()
      const other = called<Told>((callback) => store.wait(key, callback))
      destroyWait()
      destroyGet()
      const again = setInterval(() => store.set(key, 'x'), 50)
      const [error, , next] = await other
      clearInterval(again)
      assert.equal(error, null)
      // The next one's too.
      next(() => calls.push('next'))()
      await result((callback) => store.set(key, 'y', callback))
      assert.deepEqual(calls, [])
    })

    it('S4.23, S4.24, S4.26, S4.27: machines, leader and statistics', async () => {
      using opened = open(server)
      const { store } = opened
      const machines = await result<string[]>((callback) => store.machines(callback))
      assert.deepEqual(machines, server.endpoints)
      const text = await result<string>((callback) => store.leader(callback))
      assert.equal(typeof text, 'string')
      const leader = await result<V2LeaderStats>((callback) => store.stats.leader(callback))
      assert.deepEqual(JSON.parse(text ?? ''), leader)
      const self = await result<V2SelfStats>((callback) => store.stats.self(callback))
      assert.equal(leader?.leader, self?.id)
      const named = await result<V2SelfStats>((callback) =>
        store.stats.self(server.endpoints[0], callback),
      )
      assert.equal(named?.id, self?.id)
      const counts = await result<V2StoreStats>((callback) => store.stats.store(callback))
      assert.equal(typeof counts?.compareAndSwapFail, 'number')
    })

    it('S4.25: destroy tells what is open, and what comes later', async () => {
      const { store, key } = open(server)
      const waiting = called<Told>((callback) => store.wait(key, callback))
      await result((callback) => store.set(`${key}2`, 'x', callback))
      store.destroy()
      const [error, change, next] = await waiting
      assert.ok(error instanceof Error)
      assert.deepEqual([error.message, change, typeof next], ['store destroyed', null, 'function'])
      for (const begin of [
        (callback: () => void) => store.get(key, callback),
        (callback: () => void) => store.set(key, 'x', callback),
        (callback: () => void) => store.machines(callback),
        (callback: () => void) => store.wait(key, callback),
      ]) {
        const [later] = await called<[Error?]>(begin as (callback: unknown) => void)
        assert.equal(later?.message, 'store destroyed')
      }
      store.destroy()
    })

    it('S4.2, S4.29: hosts in turn, and another for one that is gone', async () => {
      const [endpoint = ''] = server.endpoints
      await using first = await CuttingProxy.start(endpoint)
      await using second = await CuttingProxy.start(endpoint)
      const store = etcdjs([first.endpoint, '127.0.0.1:1', second.endpoint])
      const { key } = open(server)
      for (let n = 0; n < 6; n++) await result((callback) => store.set(key, `${n}`, callback))
      assert.ok(first.connections > 0 && second.connections > 0)
      store.destroy()
    })

    it('S4.29: a write whose answer is lost is an error, and is not made again', async () => {
      const [endpoint = ''] = server.endpoints
      await using proxy = await CuttingProxy.start(endpoint, [{ bytes: 0, mode: 'reset' }])
      using opened = open(server)
      const { key } = opened
      const store = etcdjs([proxy.endpoint, proxy.endpoint.replace('127.0.0.1', 'localhost')])
      const pushing = result((callback) => store.push(key, 'once', callback))
      await assert.rejects(pushing, { code: 'ECONNRESET' })
      const list = await result((callback) => opened.store.get(key, callback))
      assert.equal(list?.node.nodes?.length, 1)
      store.destroy()
    })
  },
  { v2: true, only: ['embedded (gRPC)', 'etcd 3.5'] },
)
