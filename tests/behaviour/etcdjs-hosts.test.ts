// Section S4 of reference/existing-clients.md, row by row: hosts, and servers that answer with something else.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import { after, before, describe, it, mock } from 'node:test'
import { EtcdServer } from '@etcdkit/server'
import etcdjs, { type EtcdjsClient, type EtcdjsError } from 'etcdkit/etcdjs'
import { called } from '../support/callback.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { startOldEtcd } from '../support/old-etcd.ts'
import { patientMs } from '../support/patience.ts'
import { askUntil, pollUntil } from '../support/poll.ts'

/** A server of a test's own, gone at its end. */
async function listen(server: Server): Promise<AsyncDisposable & { readonly url: string }> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      if ('closeAllConnections' in server)
        (server as { closeAllConnections(): void }).closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const answering = (listener: RequestListener) => listen(createServer(listener))

async function set(store: EtcdjsClient): Promise<EtcdjsError | null> {
  const [error] = await called<[EtcdjsError | null]>((callback) => store.set('a', 'x', callback))
  return error
}

describe('etcdjs S4, hosts', () => {
  failOnLeaks()
  let server: EtcdServer
  before(async () => {
    server = await EtcdServer.listen({ port: 0, v2: true })
  })
  after(() => server.close())

  /** Lists the real server as the only machine, and knows nothing else. */
  const lister = (asked: string[]) =>
    answering((request, response) => {
      asked.push(request.url ?? '')
      if (request.url === '/v2/machines') response.end(`${server.endpoint} , ${server.endpoint}`)
      else response.writeHead(500).end('no')
    })

  it('S4.6, S4.7: with refresh, the machines of the cluster become the hosts, every 30 seconds', async () => {
    const asked: string[] = []
    await using list = await lister(asked)
    mock.timers.enable({ apis: ['setTimeout'] })
    const store = etcdjs(list.url, { refresh: true })
    mock.timers.tick(29_999)
    assert.deepEqual(asked, [])
    mock.timers.tick(1)
    mock.timers.reset()
    const isAsked = (): boolean => asked.length > 0
    await pollUntil(isAsked, { what: 'the machines to be asked for', deadlineMs: patientMs })
    // The list takes effect when its answer is read.
    const isKnown = (error: EtcdjsError | null): boolean => error?.message !== 'bad status: 500'
    const options = { what: 'the machines to be known', deadlineMs: patientMs }
    assert.equal(await askUntil(() => set(store), isKnown, options), null)
    const before = asked.length
    for (let n = 0; n < 4; n++) assert.equal(await set(store), null)
    assert.equal(asked.length, before)
    store.destroy()
  })

  it('S4.6, S4.10: without it, they stay as they are', async () => {
    const asked: string[] = []
    await using list = await lister(asked)
    const store = etcdjs(list.url)
    const [, machines] = await called((callback) => store.machines(callback))
    assert.deepEqual(machines, [server.endpoint, server.endpoint])
    assert.equal((await set(store))?.message, 'bad status: 500')
    store.destroy()
  })

  it('S4.5: by a discovery URL; what is asked before it has been found waits for it', async () => {
    const asked: string[] = []
    await using registry = await answering((request, response) => {
      asked.push(request.url ?? '')
      const peers = { action: 'get', node: { nodes: [{ value: registry.url }] } }
      response.end(
        JSON.stringify(request.url === '/members' ? [{ clientURLs: [server.endpoint] }] : peers),
      )
    })
    const store = etcdjs({ token: `${registry.url}/token` })
    assert.deepEqual(await Promise.all([set(store), set(store)]), [null, null])
    assert.equal(asked.filter((url) => url === '/token').length, 1)
    store.destroy()
  })

  it('S4.5: a discovery URL that leads nowhere is an error, and asked again', async () => {
    let status = 404
    await using registry = await answering((_, response) => response.writeHead(status).end())
    const store = etcdjs({ token: `${registry.url}/token` })
    for (status of [404, 500]) {
      assert.equal((await set(store))?.message, 'discovery token could not be resolved')
    }
    const pending = set(store)
    store.destroy()
    assert.equal((await pending)?.message, 'store destroyed')
  })

  it('S4.8, S4.29: nobody there, or nobody who answers', async () => {
    const nobody = etcdjs(['127.0.0.1:1', 'localhost:1'])
    assert.equal((await set(nobody))?.code, 'ECONNREFUSED')
    const [error, , next] = await called<[EtcdjsError | null, unknown, unknown]>((callback) =>
      nobody.wait('a', callback),
    )
    assert.deepEqual([error?.code, typeof next], ['ECONNREFUSED', 'function'])
    nobody.destroy()
    await using silent = await listen(
      createTcpServer((socket) => socket.resume().on('error', () => {})),
    )
    const store = etcdjs(silent.url, { timeout: 50 })
    assert.equal((await set(store))?.code, 'ETIMEDOUT')
    const waiting = etcdjs(server.endpoint, { timeout: 50 })
    const [late] = await called<[EtcdjsError | null]>((callback) =>
      waiting.get('never', { wait: true }, callback),
    )
    assert.equal(late?.code, 'ETIMEDOUT')
    store.destroy()
    waiting.destroy()
  })

  it('S4.28, S4.30: answers that are not etcd’s are errors, a 404 too', async () => {
    let status = 404
    await using other = await answering((_, response) => response.writeHead(status).end('<html>'))
    const store = etcdjs(other.url)
    for (status of [404, 403, 502]) {
      const [error, result] = await called<[EtcdjsError | null, unknown?]>((callback) =>
        store.get('a', callback),
      )
      assert.deepEqual([error?.message, result], [`bad status: ${status}`, undefined])
    }
    status = 200
    const [error] = await called<[EtcdjsError | null]>((callback) => store.get('a', callback))
    assert.equal(error?.code, 'protocol-error')
    store.destroy()
  })

  it('S4.29: a follower of etcd 0.4 leads to the leader, with method and body', async () => {
    await using cluster = await startOldEtcd()
    const store = etcdjs(cluster.members[2]?.clientUrl)
    assert.equal(await set(store), null)
    assert.equal(cluster.requests.at(-1)?.member, 'm1')
    store.destroy()
  })

  it('what cannot be a host is refused at once', () => {
    assert.throws(() => etcdjs('ftp://a'), TypeError)
    assert.throws(() => etcdjs([1 as unknown as string]), TypeError)
  })
})
