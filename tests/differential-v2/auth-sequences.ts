// Sequences about users, roles and what they may do: few of each, and mostly what makes sense.

import fc from 'fast-check'
import { mostly } from '../differential/arbitraries/basics.ts'
import type { Operation } from './operation.ts'

/** Whoever is root has this password, so that order can be restored. */
export const rootCredentials = 'root:pw'

const user = fc.constantFrom('root', 'ann', 'ann', 'bob')
const role = fc.constantFrom('r1', 'r1', 'r2', 'guest', 'root', 'none')
const someone = fc.constantFrom(
  undefined,
  rootCredentials,
  rootCredentials,
  'ann:pw',
  'bob:pw',
  'ann:no',
  'nobody:x',
  'colonless',
)
const patterns = fc.constantFrom(['/t/*'], ['/t/a'], ['/t/d/*', '/t/a'], ['*'], [])
const roles = fc.uniqueArray(role, { minLength: 1, maxLength: 2 })

/** As most requests are made: by root, which does no harm while auth is off. */
const by = mostly(fc.constant(rootCredentials), someone, 4)

function auth(
  method: string,
  path: fc.Arbitrary<string>,
  value: fc.Arbitrary<object | string | undefined>,
): fc.Arbitrary<Operation> {
  return fc.tuple(path, value, by).map(([where, given, as]) => ({
    kind: 'auth',
    method,
    path: where,
    json: typeof given === 'object' ? JSON.stringify(given) : given,
    as,
  }))
}

const nothing = fc.constant(undefined)

function toUser(fields: fc.Arbitrary<object>): fc.Arbitrary<Operation> {
  return user.chain((name) =>
    auth(
      'PUT',
      fc.constant(`/users/${name}`),
      fields.map((given) => ({ user: name, ...given })),
    ),
  )
}

function toRole(fields: fc.Arbitrary<object>): fc.Arbitrary<Operation> {
  return role.chain((name) =>
    auth(
      'PUT',
      fc.constant(`/roles/${name}`),
      fields.map((given) => ({ role: name, ...given })),
    ),
  )
}

const permissions = fc.tuple(patterns, patterns).map(([read, write]) => ({ kv: { read, write } }))

const creation = toUser(
  fc.oneof(
    fc.constant({ password: 'pw' }),
    roles.map((given) => ({ password: 'pw', roles: given })),
    fc.constant({}),
    fc.constant({ password: 'pw', roles: [] }),
  ),
)
const grants = toUser(
  fc.oneof(
    roles.map((grant) => ({ grant })),
    roles.map((revoke) => ({ revoke })),
    fc.tuple(roles, roles).map(([grant, revoke]) => ({ grant, revoke, password: 'pw' })),
    fc.tuple(roles, roles).map(([grant, given]) => ({ grant, roles: given })),
  ),
)
const newRole = toRole(
  fc.oneof(
    permissions.map((given) => ({ permissions: given })),
    fc.constant({}),
    fc.constant({ grant: {}, permissions: null }),
  ),
)
const roleChange = toRole(
  fc.oneof(
    permissions.map((grant) => ({ grant })),
    permissions.map((revoke) => ({ revoke })),
    fc.tuple(permissions, permissions).map(([grant, revoke]) => ({ grant, revoke })),
    fc.tuple(permissions, permissions).map(([grant, given]) => ({ grant, permissions: given })),
  ),
)
const broken = auth(
  'PUT',
  fc.constantFrom('/users/ann', '/roles/r1', '/users/ann/x', '/roles/r1/y/z', '/users/ann/'),
  fc.constantFrom(
    '',
    '{',
    '[]',
    '{"user":1}',
    '{"user":"bob"}',
    '{"USER":"ann","Password":"pw"} x',
    '{"role":"r1","permissions":[]}',
    'null',
  ),
)
const reading = auth(
  'GET',
  fc.constantFrom(
    '/users',
    '/users/',
    '/users/ann',
    '/users/bob',
    '/users/root',
    '/roles',
    '/roles/r1',
    '/roles/root',
    '/roles/guest',
    '/enable',
    '/enable/',
    '',
    '/',
  ),
  nothing,
)
const removal = auth(
  'DELETE',
  fc.constantFrom(
    '/users/ann',
    '/users/bob',
    '/users/root',
    '/roles/r1',
    '/roles/r2',
    '/roles/guest',
    '/roles/root',
    '/users',
  ),
  nothing,
)
const enabling = auth('PUT', fc.constant('/enable'), nothing)
const disabling = auth('DELETE', fc.constant('/enable'), nothing)
const strange = auth(
  'POST',
  fc.constantFrom('/enable', '/users/ann', '/roles/r1', '/roles'),
  nothing,
)

const keys: fc.Arbitrary<Operation> = fc
  .tuple(
    fc.constantFrom('GET', 'PUT', 'PUT', 'DELETE', 'HEAD'),
    fc.constantFrom(
      '/t/a',
      '/t/b',
      '/t/d/x',
      '/t',
      '/t?recursive=true',
      '/t/?recursive=true',
      '/t/a?recursive=true',
      '/u?quorum=true',
    ),
    someone,
  )
  .map(([method, path, as]) => ({ kind: 'keys-as', method, path, as }))

const root: Operation = {
  kind: 'auth',
  method: 'PUT',
  path: '/users/root',
  json: '{"user":"root","password":"pw"}',
  as: rootCredentials,
}

/** Users and roles, then, mostly, auth on, then whatever. */
export const authSequences: fc.Arbitrary<Operation[]> = fc
  .tuple(
    fc.array(fc.oneof(creation, newRole), { maxLength: 4, size: 'max' }),
    mostly(fc.constant([root]), fc.constant([])),
    mostly(
      enabling.map((operation) => [operation]),
      fc.constant([]),
      4,
    ),
    fc.array(
      fc.oneof(
        { arbitrary: keys, weight: 12 },
        { arbitrary: creation, weight: 3 },
        { arbitrary: grants, weight: 4 },
        { arbitrary: newRole, weight: 3 },
        { arbitrary: roleChange, weight: 4 },
        { arbitrary: broken, weight: 2 },
        { arbitrary: reading, weight: 6 },
        { arbitrary: removal, weight: 3 },
        { arbitrary: enabling, weight: 1 },
        { arbitrary: disabling, weight: 1 },
        { arbitrary: strange, weight: 1 },
        { arbitrary: fc.constant<Operation>({ kind: 'stats' }), weight: 1 },
      ),
      { minLength: 2, maxLength: 14, size: 'max' },
    ),
  )
  .map((parts) => parts.flat())
