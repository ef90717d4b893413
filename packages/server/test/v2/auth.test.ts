// Users, roles and what they may do, as one story on the embedded server and on real etcd.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { forEachServer } from '../../../../tests/support/suites.ts'
import type { V2Answer, V2Client } from '../../../../tests/support/v2-http.ts'
import { connectV2, openV2World, v2Suite } from './world.ts'

const root = 'root:pw'
const ann = 'ann:secret'

/** Who asks for what, and what is answered: status, and the body or what it is to match. */
type Step = readonly [
  as: string | undefined,
  method: string,
  path: string,
  json: unknown,
  status: number,
  body?: string | RegExp,
]

const message = (text: string): string => JSON.stringify({ message: text })
const insufficient = message('Insufficient credentials')
const noKey =
  '{"errorCode":110,"message":"The request requires user authentication","cause":"Insufficient credentials","index":0}\n'
const kv = (read: readonly string[], write: readonly string[]): object => ({ kv: { read, write } })
const rootRole = '{"role":"root","permissions":{"kv":{"read":["/*"],"write":["/*"]}}}'

const story: readonly Step[] = [
  [undefined, 'GET', '/auth/enable', undefined, 200, '{"enabled":false}\n'],
  [undefined, 'GET', '/auth/users', undefined, 200, '{"users":null}\n'],
  [undefined, 'GET', '/auth/roles', undefined, 200, `{"roles":[${rootRole}]}\n`],
  [
    undefined,
    'PUT',
    '/auth/enable',
    undefined,
    409,
    message('auth: No root user available, please create one'),
  ],
  [undefined, 'DELETE', '/auth/enable', undefined, 409, message('auth: already disabled')],
  [
    undefined,
    'PUT',
    '/auth/users/root',
    { user: 'root' },
    400,
    message('auth: Cannot create user root with an empty password'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/root',
    { user: 'ann', password: 'x' },
    400,
    message('User JSON name does not match the name in the URL'),
  ],
  [undefined, 'PUT', '/auth/users/root', 'x', 400, message('Invalid JSON in request body.')],
  [
    undefined,
    'PUT',
    '/auth/users/root',
    { user: 'root', password: 'pw' },
    201,
    '{"user":"root","roles":["root"]}\n',
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', password: 'first' },
    201,
    '{"user":"ann","roles":null}\n',
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', password: 'secret' },
    200,
    '{"user":"ann","roles":[]}\n',
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann' },
    400,
    message('auth: User not updated. Use grant/revoke/password to update the user.'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', password: 'x', roles: ['r'] },
    409,
    message('auth: User ann already exists.'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/bob',
    { user: 'bob', password: 'x', roles: ['none'] },
    200,
    '{"user":"bob","roles":["none"]}\n',
  ],
  [undefined, 'GET', '/auth/users/bob', undefined, 404, message('auth: Role none does not exist.')],
  [
    undefined,
    'PUT',
    '/auth/roles/r',
    { role: 'r' },
    201,
    '{"role":"r","permissions":{"kv":{"read":null,"write":null}}}\n',
  ],
  [undefined, 'PUT', '/auth/roles/r', { role: 'r' }, 409, message('auth: Role r already exists.')],
  [
    undefined,
    'PUT',
    '/auth/roles/root',
    { role: 'root' },
    403,
    message('auth: Cannot modify role root: is root role.'),
  ],
  [
    undefined,
    'PUT',
    '/auth/roles/r',
    { role: 'r', grant: kv(['/x/*', '/a'], ['/x/w']) },
    200,
    '{"role":"r","permissions":{"kv":{"read":["/a","/x/*"],"write":["/x/w"]}}}\n',
  ],
  [
    undefined,
    'PUT',
    '/auth/roles/r',
    { role: 'r', grant: kv(['/a'], []) },
    409,
    message('auth: Granting duplicate read permission /a'),
  ],
  [
    undefined,
    'PUT',
    '/auth/roles/r',
    { role: 'r', revoke: kv(['/b'], []) },
    400,
    message('auth: Role not updated. Use grant/revoke to update the role.'),
  ],
  [
    undefined,
    'PUT',
    '/auth/roles/r',
    { role: 'r', permissions: kv(['/b'], []), grant: kv(['/b'], []) },
    400,
    message('Role JSON contains both permissions and grant/revoke'),
  ],
  [
    undefined,
    'PUT',
    '/auth/roles/nope',
    { role: 'nope', grant: kv(['/b'], []) },
    404,
    message('auth: Role nope does not exist.'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', grant: ['r'] },
    200,
    '{"user":"ann","roles":["r"]}\n',
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', grant: ['r'] },
    409,
    message('auth: Granting duplicate role r for user ann'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', revoke: ['s'] },
    409,
    message('auth: Revoking ungranted role s for user ann'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/ann',
    { user: 'ann', grant: ['s'], roles: ['s'] },
    400,
    message('User JSON contains both roles and grant/revoke'),
  ],
  [
    undefined,
    'PUT',
    '/auth/users/eve',
    { user: 'eve', grant: ['r'] },
    404,
    message('auth: User eve does not exist.'),
  ],
  [undefined, 'GET', '/auth/users/eve', undefined, 404, message('auth: User eve does not exist.')],
  [
    undefined,
    'DELETE',
    '/auth/users/eve',
    undefined,
    404,
    message('auth: User eve does not exist'),
  ],
  [
    undefined,
    'DELETE',
    '/auth/roles/nope',
    undefined,
    404,
    message("auth: Role nope doesn't exist."),
  ],
  [
    undefined,
    'DELETE',
    '/auth/roles/root',
    undefined,
    403,
    message('auth: Cannot modify role root: is root role.'),
  ],
  [undefined, 'GET', '/auth/users/bob/x', undefined, 400, message('Invalid path')],
  [
    undefined,
    'GET',
    '/auth/users',
    undefined,
    200,
    /^\{"users":\[\{"user":"ann","roles":\[\{"role":"r",.*"user":"bob"\},\{"user":"root","roles":\[\{"role":"root",/,
  ],
  [undefined, 'PUT', '/keys/x/w', 'value=1', 201],
  [undefined, 'PUT', '/auth/enable', undefined, 200, ''],
  [undefined, 'PUT', '/auth/enable', undefined, 401, insufficient],
  [root, 'PUT', '/auth/enable', undefined, 409, message('auth: already enabled')],
  [undefined, 'GET', '/auth/enable', undefined, 200, '{"enabled":true}\n'],
  [undefined, 'GET', '/auth/users', undefined, 401, insufficient],
  [ann, 'GET', '/auth/roles', undefined, 401, insufficient],
  [
    root,
    'GET',
    '/auth/roles/guest',
    undefined,
    200,
    '{"role":"guest","permissions":{"kv":{"read":["/*"],"write":["/*"]}}}\n',
  ],
  // A guest may do everything, until its role says otherwise.
  [undefined, 'PUT', '/keys/g', 'value=1', 201],
  [
    root,
    'PUT',
    '/auth/roles/guest',
    { role: 'guest', revoke: kv([], ['/*']) },
    200,
    '{"role":"guest","permissions":{"kv":{"read":["/*"],"write":[]}}}\n',
  ],
  [undefined, 'PUT', '/keys/g', 'value=2', 401, noKey],
  [undefined, 'GET', '/keys/g?recursive=true', undefined, 200],
  [ann, 'GET', '/keys/g', undefined, 401, noKey],
  [ann, 'GET', '/keys/x/w', undefined, 200],
  [ann, 'PUT', '/keys/x/w', 'value=2', 200],
  [ann, 'PUT', '/keys/x/v', 'value=2', 401, noKey],
  [ann, 'DELETE', '/keys/x/w?prevValue=', undefined, 400],
  [ann, 'GET', '/keys/x?recursive=true', undefined, 401, noKey],
  [ann, 'GET', '/keys/x/?recursive=true', undefined, 200],
  [ann, 'GET', '/keys/a', undefined, 404],
  [ann, 'GET', '/keys/a?recursive=true', undefined, 401, noKey],
  ['ann:wrong', 'GET', '/keys/x/w', undefined, 401, noKey],
  ['eve:x', 'GET', '/keys/g', undefined, 401, noKey],
  ['colonless', 'GET', '/keys/g', undefined, 401, noKey],
  [root, 'PUT', '/keys/anywhere', 'value=1', 201],
  [undefined, 'GET', '/members', undefined, 200],
  [ann, 'DELETE', '/members/12', undefined, 401, insufficient],
  [root, 'DELETE', '/members/12', undefined, 404],
  [
    root,
    'DELETE',
    '/auth/users/root',
    undefined,
    403,
    message('auth: Cannot delete root user while auth is enabled.'),
  ],
  [root, 'DELETE', '/auth/users/bob', undefined, 200, ''],
  [root, 'DELETE', '/auth/roles/r', undefined, 200, ''],
  [ann, 'GET', '/keys/x/w', undefined, 401, noKey],
  [ann, 'DELETE', '/auth/enable', undefined, 401, insufficient],
  [root, 'DELETE', '/auth/enable', undefined, 200, ''],
  [undefined, 'PUT', '/keys/g', 'value=3', 200],
]

forEachServer(
  'v2 auth',
  (server) => {
    const client = connectV2(server)

    it('users and roles come and go, and count while auth is on', async () => {
      for (const [number, step] of story.entries()) {
        const [, method, path, , status, body] = step
        const answer = await ask(client(), step)
        const what = `step ${number}, ${method} ${path}`
        assert.equal(answer.status, status, `${what}: ${answer.body}`)
        if (typeof body === 'string') assert.equal(answer.body, body, what)
        else if (body !== undefined) assert.match(answer.body, body, what)
        assert.equal(answer.headers['www-authenticate'], undefined, what)
      }
    })
  },
  v2Suite,
)

it('changes of users and roles take indices, and are no keys', async () => {
  await using world = await openV2World()
  const { client } = world
  const index = async () =>
    Number((await client.send({ path: '/v2/keys/' })).headers['x-etcd-index'])
  const before = await index()
  await ask(client, [undefined, 'PUT', '/auth/users/ann', { user: 'ann', password: 'x' }, 201])
  // Three directories and a switch the first time.
  assert.equal(await index(), before + 5)
  await ask(client, [undefined, 'DELETE', '/auth/users/ann', undefined, 200])
  assert.equal(await index(), before + 6)
  const { body } = await client.send({ path: '/v2/keys/?recursive=true' })
  assert.equal(JSON.parse(body).node.nodes, undefined)
})

function ask(client: V2Client, [as, method, path, json]: Step): Promise<V2Answer> {
  const isForm = path.startsWith('/keys')
  const body = typeof json === 'string' || json === undefined ? json : JSON.stringify(json)
  return client.send({
    method,
    path: `/v2${path}`,
    body,
    headers: {
      ...(as !== undefined && { authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
      ...(!isForm && { 'content-type': 'application/json' }),
    },
  })
}
