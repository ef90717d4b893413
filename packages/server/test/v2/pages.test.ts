// The pages beside keys: statistics, machines, members, version and health, on the embedded server and on real etcd.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { askUntil } from '../../../../tests/support/poll.ts'
import { forEachServer } from '../../../../tests/support/suites.ts'
import type { V2Answer } from '../../../../tests/support/v2-http.ts'
import { connectV2, openV2World, v2Suite } from './world.ts'

forEachServer(
  'v2 pages',
  (server) => {
    const client = connectV2(server)

    const get = (path: string): Promise<V2Answer> => client().send({ path })
    const json = { 'content-type': 'application/json' }
    const send = (method: string, path: string, body: string, headers = json): Promise<V2Answer> =>
      client().send({ method, path, body, headers })
    const own = async (): Promise<{ readonly id: string; readonly peerURLs: readonly string[] }> =>
      JSON.parse((await get('/v2/members/leader')).body)

    it('177 the member tells of itself', async () => {
      const { status, headers, body } = await get('/v2/stats/self')
      assert.deepEqual([status, headers['content-type']], [200, 'application/json'])
      const { startTime, leaderInfo, name, ...rest } = JSON.parse(body)
      const { id } = await own()
      assert.deepEqual(rest, {
        id,
        state: 'StateLeader',
        recvAppendRequestCnt: 0,
        sendAppendRequestCnt: 0,
      })
      assert.equal(typeof name, 'string')
      assert.match(startTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/)
      assert.match(leaderInfo.startTime, /^\d{4}-/)
      assert.equal(leaderInfo.leader, id)
      assert.match(leaderInfo.uptime, /^(?:\d+h)?(?:\d+m)?[\d.]+(?:s|ms|µs)$/)
    })

    it('178 the store tells what was done', async () => {
      const before = JSON.parse((await get('/v2/stats/store')).body)
      await client().send({ method: 'PUT', path: '/v2/keys/counted', body: 'value=1' })
      await client().send({ method: 'DELETE', path: '/v2/keys/counted?prevValue=2' })
      await client().send({ method: 'DELETE', path: '/v2/keys/counted' })
      await client().send({ method: 'DELETE', path: '/v2/keys/counted' })
      const wait = await client().open({ path: '/v2/keys/counted?wait=true' })
      const text = (await get('/v2/stats/store')).body
      const now = JSON.parse(text)
      wait.close()
      const changed = Object.entries<number>(now).map(([name, count]) => [
        name,
        count - before[name],
      ])
      const { getsFail, ...counts } = Object.fromEntries(changed)
      // Of each request for a key it is asked whether auth is on.
      assert.equal(getsFail, 5)
      assert.deepEqual(
        Object.entries(counts).filter(([, count]) => count !== 0),
        [
          ['setsSuccess', 1],
          ['deleteSuccess', 1],
          ['deleteFail', 1],
          ['compareAndDeleteSuccess', 1],
          ['watchers', 1],
        ],
      )
      assert.match(text, /^\{"getsSuccess":\d+,"getsFail":.*"expireCount":\d+,"watchers":1\}$/)
    })

    it('179 the leader tells of followers', async () => {
      const { body } = await get('/v2/stats/leader')
      assert.deepEqual(JSON.parse(body), { leader: (await own()).id, followers: {} })
    })

    it('182 machines are where clients go', async () => {
      const { status, headers, body } = await get('/v2/machines')
      assert.deepEqual([status, body], [200, server.endpoints[0]])
      assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal((await client().send({ method: 'HEAD', path: '/v2/machines' })).status, 200)
    })

    it('185 members are listed', async () => {
      const { status, headers, body } = await get('/v2/members')
      assert.deepEqual([status, headers['content-type']], [200, 'application/json'])
      assert.match(headers['x-etcd-cluster-id'] ?? '', /^[0-9a-f]+$/)
      assert.deepEqual(JSON.parse(body), { members: [await own()] })
      assert.match(
        body,
        /^\{"members":\[\{"id":"[0-9a-f]+","name":"\w+","peerURLs":\[".*"\],"clientURLs":\[".*"\]\}\]\}\n$/,
      )
      assert.equal((await get('/v2/members/')).body, body)
    })

    it('members are not looked at one by one', async () => {
      const { status, body } = await get(`/v2/members/${(await own()).id}`)
      assert.deepEqual([status, body], [404, '{"message":"Not found"}'])
    })

    const refusedPeers: readonly (readonly [string, string])[] = [
      ['x', "invalid character 'x' looking for beginning of value"],
      ['', 'unexpected end of JSON input'],
      [
        '{"peerURLs":["http://a:1"],}',
        "invalid character '}' looking for beginning of object key string",
      ],
      ['{"peerURLs":tru}', "invalid character '}' in literal true (expecting 'e')"],
      ['{"peerURLs":[01]}', "invalid character '1' after array element"],
      ['{"peerURLs":["\\x"]}', "invalid character 'x' in string escape code"],
      ['{} x', "invalid character 'x' after top-level value"],
      [
        '{"peerURLs":"a"}',
        'json: cannot unmarshal string into Go struct field .peerURLs of type []string',
      ],
      [
        '{"peerURLs":[1]}',
        'json: cannot unmarshal number into Go struct field .peerURLs of type string',
      ],
      [
        '[]',
        'json: cannot unmarshal array into Go value of type struct { PeerURLs []string "json:\\"peerURLs\\"" }',
      ],
      ['{}', 'no valid URLs given'],
      ['{"peerURLs":["ftp://a:1"]}', 'URL scheme must be http, https, unix, or unixs: ftp://a:1'],
      ['{"peerURLs":["http://a"]}', 'URL address does not have the form "host:port": http://a'],
      ['{"peerURLs":["http://a:1/x"]}', 'URL must not contain a path: http://a:1/x'],
      ['{"peerURLs":["http://%zz:1"]}', 'parse "http://%zz:1": invalid URL escape "%zz"'],
      [
        '{"peerURLs":["127.0.0.1:1"]}',
        'parse "127.0.0.1:1": first path segment in URL cannot contain colon',
      ],
      ['{"peerURLs":["http://a:b"]}', 'parse "http://a:b": invalid port ":b" after host'],
    ]
    for (const [body, message] of refusedPeers) {
      it(`members are not added by ${body || 'nothing'}`, async () => {
        const { status, body: answer } = await send('POST', '/v2/members', body)
        assert.deepEqual([status, JSON.parse(answer)], [400, { message }])
      })
    }

    it('members come as JSON', async () => {
      const answer = await send('POST', '/v2/members', '{}', { 'content-type': 'text/plain' })
      const message = 'Bad Content-Type text/plain, accept application/json'
      assert.deepEqual([answer.status, JSON.parse(answer.body)], [415, { message }])
    })

    it('a member whose URLs are taken is refused', async () => {
      const body = JSON.stringify({ peerURLs: (await own()).peerURLs })
      const answer = await settled(() => send('POST', '/v2/members', body))
      assert.deepEqual(
        [answer.status, answer.body],
        [409, '{"message":"membership: peerURL exists"}'],
      )
    })

    it('a member is updated, but for one that there is not', async () => {
      const { id, peerURLs } = await own()
      const body = JSON.stringify({ peerURLs })
      const updated = await settled(() => send('PUT', `/v2/members/${id}`, body))
      assert.equal(updated.status, 204)
      for (const name of ['12', 'xyz']) {
        const answer = await settled(() => send('PUT', `/v2/members/${name}`, body))
        assert.deepEqual(
          [answer.status, answer.body],
          [404, `{"message":"No such member: ${name}"}`],
        )
      }
      assert.equal((await send('PUT', '/v2/members', body)).status, 405)
    })

    it('the last member is not removed', async () => {
      const remove = (path: string) => client().send({ method: 'DELETE', path })
      const last = await remove(`/v2/members/${(await own()).id}`)
      assert.deepEqual([last.status, last.body], [500, '{"message":"Internal Server Error"}'])
      const none = await settled(() => remove('/v2/members/FFF'))
      assert.deepEqual([none.status, none.body], [404, '{"message":"No such member: fff"}'])
      assert.equal((await remove('/v2/members')).status, 405)
    })

    const wrongMethods: readonly (readonly [string, string, string])[] = [
      ['POST', '/v2/stats/self', 'GET'],
      ['HEAD', '/v2/stats/store', 'GET'],
      ['DELETE', '/v2/machines', 'GET,HEAD'],
      ['HEAD', '/v2/members', 'GET,POST,DELETE,PUT'],
      ['POST', '/version', 'GET'],
      ['POST', '/health', 'GET'],
      ['PUT', '/v2/auth/users', 'GET'],
      ['POST', '/v2/auth/enable', 'GET,PUT,DELETE'],
    ]
    for (const [method, path, allowed] of wrongMethods) {
      it(`${method} ${path} is not allowed`, async () => {
        const { status, headers } = await client().send({ method, path })
        assert.deepEqual([status, headers.allow], [405, allowed])
      })
    }

    it('there is nothing else', async () => {
      const paths = [
        '/v2',
        '/v2/',
        '/v2/keysfoo',
        '/v2/leader',
        '/v2/peers',
        '/v2/machines/',
        '/v2/stats',
        '/v2/stats/',
        '/v2/stats/self/',
        '/v2/admin/config',
        '/v2/speedTest',
        '/v1/keys/a',
        '/v2/auth',
        '/v2/auth/enable/',
      ]
      for (const path of paths) {
        const { status, headers, body } = await get(path)
        assert.deepEqual([path, status, body], [path, 404, '404 page not found\n'])
        assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
      }
    })

    it('version and health stay', async () => {
      assert.match(
        (await get('/version')).body,
        /^\{"etcdserver":"\d+\.\d+\.\d+","etcdcluster":"\d/,
      )
      const health = await get('/health')
      assert.equal(JSON.parse(health.body).health, 'true')
      assert.equal(health.headers['content-type'], 'text/plain; charset=utf-8')
    })
  },
  v2Suite,
)

it('a member is added, listed to v3 too, and removed for good', async () => {
  await using world = await openV2World()
  const { client } = world
  const ask = (method: string, path: string, body?: string) =>
    client.send({ method, path, body, headers: { 'content-type': 'application/json' } })
  const peerURLs = ['http://127.0.0.1:7', 'http://127.0.0.1:8']
  const added = await ask(
    'POST',
    '/v2/members',
    JSON.stringify({ peerURLs: peerURLs.toReversed() }),
  )
  const member = JSON.parse(added.body)
  assert.equal(added.status, 201)
  assert.deepEqual(member, { id: member.id, name: '', peerURLs, clientURLs: [] })
  const list = async () => JSON.parse((await ask('GET', '/v2/members')).body).members
  assert.deepEqual(
    (await list()).filter(({ id }: { id: string }) => id === member.id),
    [member],
  )
  const v3 = await ask('POST', '/v3/cluster/member/list', '{}')
  assert.equal(JSON.parse(v3.body).members.length, 2)
  const path = `/v2/members/${member.id}`
  const moved = ['http://127.0.0.1:9']
  assert.equal((await ask('PUT', path, JSON.stringify({ peerURLs: moved }))).status, 204)
  assert.ok((await list()).some((each: { peerURLs: string[] }) => each.peerURLs[0] === moved[0]))
  assert.equal((await ask('DELETE', path)).status, 204)
  const again = await ask('DELETE', path)
  assert.deepEqual(
    [again.status, again.body],
    [410, `{"message":"Member permanently removed: ${member.id}"}`],
  )
  assert.equal((await ask('PUT', path, JSON.stringify({ peerURLs: moved }))).status, 500)
})

it('without v2 there is nothing below /v2, and with it v3 knows nothing of its keys', async () => {
  await using off = await openV2World({ v2: false })
  for (const path of ['/v2/keys/', '/v2/members', '/v2/stats/self']) {
    const { status, body } = await off.client.send({ path })
    assert.deepEqual([status, body], [404, '404 page not found\n'])
  }
  await using on = await openV2World()
  await on.client.send({ method: 'PUT', path: '/v2/keys/a', body: 'value=1' })
  assert.equal(on.server.revision, 1)
})

/** The answer of a member that is not short of breath: one that is says 500, and has not asked the others. */
function settled(ask: () => Promise<V2Answer>): Promise<V2Answer> {
  const isSettled = ({ status }: V2Answer): boolean => status !== 500
  return askUntil(ask, isSettled, { what: 'a member to draw breath', deadlineMs: 60_000 })
}
