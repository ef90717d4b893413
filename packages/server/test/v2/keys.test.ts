// The acceptance list of the v2 API, case by case, on the embedded server and on the etcds that it follows.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { forEachServer } from '../../../../tests/support/suites.ts'
import { uniquePrefix } from '../../../../tests/support/unique-prefix.ts'
import type { V2Answer, V2Client } from '../../../../tests/support/v2-http.ts'
import { basics } from './keys-cases/basics.ts'
import { conditions } from './keys-cases/conditions.ts'
import { directories, directoryUpdates } from './keys-cases/directories.ts'
import type { KeysCase } from './keys-cases/keys-case.ts'
import { parameters } from './keys-cases/parameters.ts'
import { ttls } from './keys-cases/times-to-live.ts'
import { connectV2, v2Suite } from './world.ts'

const keysCases = [...basics, ...conditions, ...directories, ...parameters, ...ttls]

forEachServer(
  'v2 keys',
  (server) => {
    const client = connectV2(server)

    for (const each of keysCases) {
      it(each.name, () => check(client(), each))
    }

    it('1 the root has no key', async () => {
      const { status, headers, body } = await client().send({ path: '/v2/keys/' })
      const { action, node } = JSON.parse(body)
      assert.deepEqual([status, action, node.dir, node.key], [200, 'get', true, undefined])
      assert.equal(headers['content-type'], 'application/json')
      assert.match(headers['x-etcd-cluster-id'] ?? '', /^[0-9a-f]{1,16}$/)
      for (const name of ['x-etcd-index', 'x-raft-index', 'x-raft-term']) {
        assert.match(headers[name] ?? '', /^\d+$/, name)
      }
      assert.equal(headers['access-control-allow-origin'], '*')
    })

    it('10 POST to the root', async () => {
      const made = await client().send({ method: 'POST', path: '/v2/keys/', body: 'value=1' })
      assert.equal(made.status, 201)
      const { key } = JSON.parse(made.body).node
      assert.equal(key, `/${String(made.headers['x-etcd-index']).padStart(20, '0')}`)
      await client().send({ method: 'DELETE', path: `/v2/keys${key}` })
    })

    it('19 and 20 a path that is not clean is sent to its clean form', async () => {
      const asked = { path: '/v2/keys/x/..//a%20b?recursive=true' }
      const got = await client().send(asked)
      assert.deepEqual([got.status, got.headers.location], [301, '/v2/keys/a%20b?recursive=true'])
      assert.equal(got.body, '<a href="/v2/keys/a%20b?recursive=true">Moved Permanently</a>.\n\n')
      const put = await client().send({ ...asked, method: 'PUT', body: 'value=1' })
      assert.deepEqual(
        [put.status, put.headers.location, put.body],
        [301, got.headers.location, ''],
      )
    })

    it('what is no form is not read', async () => {
      const path = `/v2/keys/${uniquePrefix()}a`
      for (const type of ['application/json', 'text/plain', 'multipart/form-data; boundary=x']) {
        const headers = { 'content-type': type }
        const { body } = await client().send({ method: 'PUT', path, body: 'value=1', headers })
        assert.equal(JSON.parse(body).node.value, '', type)
      }
    })

    it('a form of 9 MB is taken, one of 11 MB refused', async () => {
      const path = `/v2/keys/${uniquePrefix()}a?noValueOnSuccess=true`
      const [small, large] = [9, 11].map((size) => `value=${'x'.repeat(size * 1e6)}`)
      assert.equal((await client().send({ method: 'PUT', path, body: small })).status, 201)
      const refused = await client().send({ method: 'PUT', path, body: large })
      assert.equal(refused.status, 400)
      assert.match(refused.body, /"errorCode":210,.*"cause":"http: POST too large","index":0/)
    })

    it('methods that keys do not have', async () => {
      const { status, headers, body } = await client().send({ method: 'PATCH', path: '/v2/keys/a' })
      assert.deepEqual(
        [status, headers.allow, body],
        [405, 'HEAD,GET,PUT,POST,DELETE', 'Method Not Allowed\n'],
      )
      const options = await client().send({ method: 'OPTIONS', path: '/v2/keys/a' })
      assert.deepEqual([options.status, options.body], [200, ''])
    })

    it('an escape that is none', async () => {
      const { status, body } = await client().send({ path: '/v2/keys/%zz' })
      assert.deepEqual([status, body], [400, '400 Bad Request'])
    })

    it('errors carry the index, and nothing of the log', async () => {
      const { headers, body } = await client().send({ path: '/v2/keys/no-such-key' })
      assert.equal(headers['x-etcd-index'], String(JSON.parse(body).index))
      assert.equal(headers['content-type'], 'application/json')
      assert.deepEqual([headers['x-raft-index'], headers['x-raft-term']], [undefined, undefined])
    })
  },
  v2Suite,
)

forEachServer(
  'v2 updates of directories',
  (server) => {
    const client = connectV2(server)
    for (const each of directoryUpdates) it(each.name, () => check(client(), each))
  },
  { ...v2Suite, only: ['embedded (gRPC)', 'etcd 3.4'] },
)

async function check(client: V2Client, { steps, status, body }: KeysCase): Promise<void> {
  const directory = `/${uniquePrefix().slice(0, -1)}`
  const indices: string[] = []
  let last: V2Answer | undefined
  for (const step of steps) {
    const [method = '', path = '', form] = withIndices(step, indices).split(' ')
    const url = `/v2/keys${path.replace(/^P/, directory)}`
    last = await client.send({ method, path: url, ...(form !== undefined && { body: form }) })
    indices.push(last.headers['x-etcd-index'] ?? '')
  }
  assert.ok(last !== undefined)
  const expected = withIndices(JSON.stringify(body ?? null), indices)
    .replace(/"P(?=["/])/g, `"${directory}`)
    .replace(/"(index|modifiedIndex|createdIndex)":"(\d+)"/g, '"$1":$2')
  assert.equal(last.status, status, last.body)
  const got =
    last.body === '' ? 'null' : last.body.replace(/"expiration":"[^"]*"/g, '"expiration":"T"')
  // A slow machine takes some of the 100 seconds that are given.
  assert.deepEqual(JSON.parse(got.replace(/"ttl":[5-9]\d\b/g, '"ttl":100')), JSON.parse(expected))
}

/** `#2`: the index of the second answer; `#2:20`: in twenty digits; `#now`: that of the last. */
function withIndices(text: string, indices: readonly string[]): string {
  return text
    .replaceAll('#now', indices.at(-1) ?? '')
    .replace(/#(\d+):20/g, (_, step: string) => (indices[Number(step) - 1] ?? '').padStart(20, '0'))
    .replace(/#(\d+)/g, (_, step: string) => indices[Number(step) - 1] ?? '')
}
