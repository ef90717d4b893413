// The fake of etcd 0.4 does what is known of that version.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from './leaks.ts'
import { type OldEtcd, startOldEtcd } from './old-etcd.ts'
import { type V2Answer, V2Client, type V2Request } from './v2-http.ts'

describe('startOldEtcd', () => {
  failOnLeaks()

  it('followers send writes to the leader, and the leader does them', async () => {
    await using world = await openWorld()
    const { etcd, ask } = world
    for (const method of ['PUT', 'POST', 'DELETE']) {
      const { status, headers, body } = await ask('m2', { method, path: '/v2/keys/foo?dir=true' })
      const location = `${etcd.leader.clientUrl}/v2/keys/foo?dir=true`
      assert.deepEqual([status, headers.location, body], [307, location, ''])
    }
    const put = await ask('m1', { method: 'PUT', path: '/v2/keys/foo', body: 'value=1' })
    const index = Number(put.headers['x-etcd-index'])
    assert.equal(put.status, 201)
    const node = { key: '/foo', value: '1', modifiedIndex: index, createdIndex: index }
    // Without a line's end.
    assert.equal(put.body, JSON.stringify({ action: 'set', node }))
    assert.equal(put.headers['x-etcd-cluster-id'], undefined)
    assert.equal((await ask('m3', { path: '/v2/keys/foo' })).status, 200)
    etcd.lead('m2')
    assert.equal((await ask('m2', { method: 'DELETE', path: '/v2/keys/foo' })).status, 200)
    assert.equal((await ask('m1', { method: 'DELETE', path: '/v2/keys/foo' })).status, 307)
    assert.deepEqual(etcd.requests.at(-1), {
      member: 'm1',
      port: 'client',
      method: 'DELETE',
      url: '/v2/keys/foo',
    })
  })

  it('reads of followers may be stale, unless they are sent to the leader', async () => {
    await using world = await openWorld()
    const { etcd, ask } = world
    const catchUp = etcd.lag()
    await ask('m1', { method: 'PUT', path: '/v2/keys/a', body: 'value=1' })
    assert.equal((await ask('m2', { path: '/v2/keys/a' })).status, 404)
    for (const parameter of ['consistent=true', 'quorum=true']) {
      const path = `/v2/keys/a?${parameter}`
      const { status, headers, body } = await ask('m2', { path })
      assert.deepEqual([status, headers.location], [307, `${etcd.leader.clientUrl}${path}`])
      assert.match(body, /^<a href=/)
      assert.equal((await ask('m1', { path })).status, 200)
    }
    // Only the word itself counts.
    assert.equal((await ask('m2', { path: '/v2/keys/a?consistent=1' })).status, 404)
    catchUp()
    assert.equal((await ask('m2', { path: '/v2/keys/a' })).status, 200)
  })

  it('keys are told in its own way', async () => {
    await using world = await openWorld()
    const { ask } = world
    const send = (method: string, path: string, body?: string) =>
      ask('m1', { method, path: `/v2/keys${path}`, body })
    assert.equal(JSON.parse((await send('GET', '/')).body).node.key, '/')
    assert.equal((await ask('m1', { path: '/v2/keys' })).status, 404)
    const pushed = await send('POST', '/queue', 'value=1')
    assert.equal(JSON.parse(pushed.body).node.key, `/queue/${pushed.headers['x-etcd-index']}`)
    const code = async (answer: Promise<V2Answer>) => {
      const { errorCode, cause } = JSON.parse((await answer).body)
      return [errorCode, cause]
    }
    assert.deepEqual(await code(send('PUT', '/queue?prevValue=', 'value=1')), [
      201,
      'CompareAndSwap',
    ])
    assert.deepEqual(await code(send('PUT', '/a', 'value=1&ttl=x')), [202, 'Update'])
    assert.deepEqual(await code(send('PUT', '/a?prevExist=true')), [204, 'Update'])
    assert.deepEqual(await code(send('GET', '/no/such')), [100, '/no'])
    // Neither is known; both booleans are none.
    const set = await send(
      'PUT',
      '/a?noValueOnSuccess=true&recursive=maybe',
      'value=1&refresh=true',
    )
    assert.equal(JSON.parse(set.body).node.value, '1')
    const swapped = await send('PUT', '/a?prevIndex=0', 'value=2')
    assert.equal(JSON.parse(swapped.body).action, 'compareAndSwap')
  })

  it('a wait is told of a write', async () => {
    await using world = await openWorld()
    const wait = await world.client('m2').open({ path: '/v2/keys/a?wait=true' })
    const { body } = await world.ask('m1', { method: 'PUT', path: '/v2/keys/a', body: 'value=1' })
    await world.ask('m1', { method: 'PUT', path: '/v2/keys/b', body: 'value=1' })
    await wait.until(() => false)
    assert.equal(wait.rest, body)
  })

  it('pages of the client port', async () => {
    await using world = await openWorld()
    const { etcd, ask } = world
    const text = async (path: string, member = 'm2') => (await ask(member, { path })).body
    assert.equal(await text('/version'), 'etcd 0.4.9')
    assert.equal(await text('/v2/leader'), etcd.leader.peerUrl)
    assert.equal(
      await text('/v2/machines'),
      etcd.members.map(({ clientUrl }) => clientUrl).join(', '),
    )
    assert.equal(await text('/v2/peers'), etcd.members.map(({ peerUrl }) => peerUrl).join(', '))
    const refused = await ask('m2', { path: '/v2/stats/leader' })
    assert.deepEqual([refused.status, refused.body], [403, 'not current leader'])
    assert.equal(JSON.parse(await text('/v2/stats/leader', 'm1')).leader, 'm1')
    const { node } = JSON.parse(await text('/v2/keys/_etcd/machines?sorted=true'))
    const [first] = etcd.members
    assert.equal(node.nodes[0].key, '/_etcd/machines/m1')
    assert.equal(
      node.nodes[0].value,
      `etcd=${encodeURIComponent(first?.clientUrl ?? '')}&raft=${encodeURIComponent(first?.peerUrl ?? '')}`,
    )
    assert.equal((await ask('m1', { path: '/v2/members' })).status, 404)
  })

  it('the configuration of the peer port', async () => {
    await using world = await openWorld()
    const { etcd, peer } = world
    const path = '/v2/admin/config'
    const put = (member: string, body: string) => peer(member, { method: 'PUT', path, body })
    const usual = '{"activeSize":9,"removeDelay":1800,"syncInterval":5}\n'
    assert.equal((await peer('m2', { path })).body, usual)
    const sent = await put('m2', '{"activeSize":5}')
    assert.deepEqual(
      [sent.status, sent.headers.location, sent.body],
      [307, `${etcd.leader.peerUrl}${path}`, usual],
    )
    const changed = await put('m1', '{"activeSize":1,"removeDelay":60,"syncInterval":"x","more":1}')
    assert.equal(changed.body, '{"activeSize":3,"removeDelay":60,"syncInterval":5}\n')
    const broken = await put('m1', 'x')
    assert.deepEqual(
      [broken.status, broken.body],
      [500, "invalid character 'x' looking for beginning of value\n"],
    )
    assert.equal((await put('m1', '')).body, 'EOF\n')
  })

  it('the machines of the peer port', async () => {
    await using world = await openWorld()
    const { etcd, peer } = world
    const described = etcd.members.map(({ name, clientUrl, peerUrl }) => ({
      name,
      state: name === 'm1' ? 'leader' : 'follower',
      clientURL: clientUrl,
      peerURL: peerUrl,
    }))
    const path = '/v2/admin/machines'
    assert.deepEqual(JSON.parse((await peer('m3', { path })).body), described)
    assert.deepEqual(JSON.parse((await peer('m3', { path: `${path}/m2` })).body), described[1])
    assert.equal((await peer('m3', { path: `${path}/none` })).body, 'null\n')
    const remove = (member: string, name: string) =>
      peer(member, { method: 'DELETE', path: `${path}${name}` })
    assert.equal((await remove('m2', '/m3')).status, 307)
    assert.deepEqual(await remove('m1', '/none').then(({ status, body }) => [status, body]), [
      200,
      '',
    ])
    assert.equal((await remove('m1', '')).status, 404)
    const removed = await remove('m1', '/m3')
    assert.deepEqual(
      [removed.status, removed.headers['content-type']],
      [200, 'application/octet-stream'],
    )
    assert.equal(Buffer.from(removed.body).length, 8)
    assert.deepEqual(
      etcd.members.map(({ name }) => name),
      ['m1', 'm2'],
    )
  })
})

interface World extends AsyncDisposable {
  readonly etcd: OldEtcd
  client(member: string): V2Client
  /** Asks a member's client port. */
  ask(member: string, asked: V2Request): Promise<V2Answer>
  /** Asks a member's peer port. */
  peer(member: string, asked: V2Request): Promise<V2Answer>
}

async function openWorld(): Promise<World> {
  const etcd = await startOldEtcd()
  const clients = new Map<string, V2Client>()
  const urls = new Map(
    etcd.members.flatMap(({ name, clientUrl, peerUrl }) => [
      [name, clientUrl],
      [`${name}, peer`, peerUrl],
    ]),
  )
  const client = (name: string): V2Client => {
    const known = clients.get(name) ?? new V2Client(urls.get(name) ?? '')
    clients.set(name, known)
    return known
  }
  return {
    etcd,
    client,
    ask: (member, asked) => client(member).send(asked),
    peer: (member, asked) => client(`${member}, peer`).send(asked),
    async [Symbol.asyncDispose]() {
      for (const each of clients.values()) each.close()
      await etcd[Symbol.asyncDispose]()
    },
  }
}
