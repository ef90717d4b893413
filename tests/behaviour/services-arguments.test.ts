// Wrong arguments of the verbs on users, members, alarms, snapshots, server locks and elections: told before any I/O.

import { it } from 'node:test'
import { type ClusterMember, type Etcd, everything, prefix, range } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { assertRefused, type InputCase, untyped } from './support/refused-input.ts'

failOnLeaks()

function typeErrors(
  calls: Readonly<Record<string, (etcd: Etcd) => unknown>>,
  fact: RegExp,
): InputCase[] {
  return Object.entries(calls).map(([name, call]) => ({ name, call, error: TypeError, fact }))
}

const password = 'secret'

it('etcd.auth refuses wrong arguments', () =>
  assertRefused([
    ...typeErrors(
      {
        'an empty user': ({ auth }) => auth.users.add('', { password }),
        'an empty role': ({ auth }) => auth.roles.add(''),
        'an empty user to grant to': ({ auth }) => auth.users.grantRole('', 'a'),
        'an empty role to grant': ({ auth }) => auth.users.grantRole('a', ''),
        'an empty new password': ({ auth }) => auth.users.changePassword('a', ''),
        'an empty name to sign in': ({ auth }) => auth.authenticate('', password),
        'an empty key': ({ auth }) => auth.roles.grantPermission('a', 'read', ''),
      },
      / is empty$/,
    ),
    ...typeErrors(
      {
        'a number as user': ({ auth }) => auth.users.get(untyped(7)),
        'no user': ({ auth }) => auth.users.delete(untyped(undefined)),
        'a number as role': ({ auth }) => auth.roles.get(untyped(7)),
        'a number as new password': ({ auth }) => auth.users.changePassword('a', untyped(7)),
        'a number as password': ({ auth }) => auth.users.add('a', { password: untyped(7) }),
      },
      / is a string, not /,
    ),
    ...typeErrors(
      {
        'no options': ({ auth }) => auth.users.add('a', untyped(undefined)),
        'neither password nor noPassword': ({ auth }) => auth.users.add('a', untyped({})),
      },
      /a password is wanted, or noPassword: true$/,
    ),
    ...typeErrors(
      {
        both: ({ auth }) => auth.users.add('a', untyped({ password, noPassword: true })),
      },
      /noPassword goes with no password/,
    ),
    ...typeErrors(
      {
        'half a surrogate pair': ({ auth }) => auth.users.add('a\ud800', { password }),
      },
      /half a surrogate pair/,
    ),
    ...typeErrors(
      {
        'an unknown type': ({ auth }) => auth.roles.grantPermission('a', untyped('rw'), 'k'),
        'a type of Object': ({ auth }) => auth.roles.grantPermission('a', untyped('toString'), 'k'),
      },
      /type is one of read, write, readwrite/,
    ),
    ...typeErrors(
      {
        'an option of a write on a read': ({ auth }) =>
          auth.users.list(untyped({ repeatable: true })),
        'an unknown option': ({ auth }) => auth.enable(untyped({ force: true })),
        'an unknown option of add': ({ auth }) =>
          auth.users.add('a', untyped({ password, roles: [] })),
      },
      /there is no option/,
    ),
    {
      name: 'a range without keys',
      call: ({ auth }) => auth.roles.grantPermission('a', 'read', range('b', 'a')),
      error: RangeError,
      fact: /there is no key in the range/,
    },
    {
      name: 'a range without keys to revoke',
      call: ({ auth }) => auth.roles.revokePermission('a', range('b', 'b')),
      error: RangeError,
      fact: /there is no key in the range/,
    },
    {
      name: 'a bad limit in time',
      call: ({ auth }) => auth.status({ timeoutMs: -1 }),
      error: RangeError,
      fact: /timeoutMs/,
    },
  ]))

it('etcd.cluster refuses wrong arguments', () =>
  assertRefused([
    ...[
      'ftp://a:1',
      'a:2380',
      'http://a',
      'http://a:1/path',
      'http://a:1/',
      'http://:1',
      'http://user@a:1',
      'http://a:99999',
      'http://a:1?x',
      'unix://',
      '',
    ].map(
      (url): InputCase => ({
        name: `the URL ${url}`,
        call: ({ cluster }) => cluster.addLearner([url]),
        error: TypeError,
        fact: /^Cannot add a learner: a peer URL is like /,
      }),
    ),
    ...typeErrors(
      {
        'no URLs': ({ cluster }) => cluster.add([]),
        'a URL alone': ({ cluster }) => cluster.add(untyped('http://a:1')),
        'a number as URL': ({ cluster }) => cluster.update('7', [untyped(7)]),
      },
      /peerUrls is empty|peerUrls is an array|a URL is a string/,
    ),
    ...typeErrors(
      {
        'an id in hexadecimal': ({ cluster }) => cluster.remove('8e9e05c52164694d'),
        'a number as id': ({ cluster }) => cluster.promote(untyped(7)),
        'a negative id': ({ cluster }) => cluster.remove('-7'),
        'no id': ({ cluster }) => cluster.remove(untyped(undefined)),
        'a member without an id': ({ cluster }) => cluster.remove({} as ClusterMember),
      },
      /a member is a decimal string/,
    ),
    ...typeErrors(
      {
        'the id 0': ({ cluster }) => cluster.remove('0'),
        'the id 000': ({ maintenance }) => maintenance.moveLeader('000'),
      },
      /no member has the id 0$/,
    ),
    {
      name: 'an id beyond 64 bits',
      call: ({ cluster }) => cluster.remove('18446744073709551616'),
      error: RangeError,
      fact: /beyond 64 bits/,
    },
    ...typeErrors(
      {
        'serializable that is none': ({ cluster }) => cluster.list({ serializable: untyped(1) }),
      },
      /serializable is a boolean/,
    ),
  ]))

it('etcd.maintenance refuses wrong arguments', () =>
  assertRefused([
    ...typeErrors(
      {
        'no alarm': ({ maintenance }) => maintenance.alarms.disarm(untyped(undefined)),
        'an unknown kind': ({ maintenance }) =>
          maintenance.alarms.activate({ kind: untyped('NOSPACE'), member: '7' }),
        'the kind of none': ({ maintenance }) =>
          maintenance.alarms.activate({ kind: 'alarm-0', member: '7' }),
        'a member that is none': ({ maintenance }) =>
          maintenance.alarms.activate({ kind: 'corrupt', member: untyped(7) }),
        'an unknown option': ({ maintenance }) =>
          maintenance.alarms.disarmAll(untyped({ all: true })),
      },
      /an alarm is an object|the kind of an alarm|a member is|there is no option/,
    ),
    ...typeErrors(
      {
        'an empty version': ({ maintenance }) => maintenance.downgrade.validate(''),
        'a version that is none': ({ maintenance }) => maintenance.requireVersion('soon'),
        'a number as version': ({ maintenance }) => maintenance.downgrade.enable(untyped(3.5)),
      },
      /the version is |a version is like 3.5, not /,
    ),
    {
      name: 'a negative revision',
      call: ({ maintenance }) => maintenance.hashKv({ revision: -1 }),
      error: RangeError,
      fact: /revision is an integer of at least 0/,
    },
    {
      name: 'an endpoint that is none',
      call: ({ maintenance }) => maintenance.status({ endpoint: 'ftp://a' }),
      error: TypeError,
      fact: /^Cannot tell the status of a member: /,
    },
  ]))

it('etcd.lockService and etcd.electionService refuse wrong arguments', () =>
  assertRefused([
    ...typeErrors(
      {
        'an empty lock': ({ lockService }) => lockService.lock(''),
        'an empty key': ({ lockService }) => lockService.unlock(new Uint8Array()),
        'an empty election': ({ electionService }) => electionService.leader(''),
      },
      /the key is empty$/,
    ),
    ...typeErrors(
      {
        'a range as lock': ({ lockService }) => lockService.lock(untyped(everything)),
        'a range as election': ({ electionService }) =>
          electionService.campaign(untyped(prefix('a')), 'b'),
      },
      /a range is given where a single key is wanted$/,
    ),
    ...typeErrors(
      {
        'a number as lease': ({ lockService }) => lockService.lock('a', { lease: untyped(7) }),
        'a number as lease to campaign': ({ electionService }) =>
          electionService.campaign('a', 'b', { lease: untyped(7) }),
      },
      /a lease is a decimal string/,
    ),
    ...typeErrors(
      {
        'no leadership': ({ electionService }) => electionService.resign(untyped(undefined)),
      },
      /a leadership is what campaign answers/,
    ),
    ...typeErrors(
      {
        'a number as value': ({ electionService }) => electionService.campaign('a', untyped(7)),
      },
      /^Cannot campaign for "a": /,
    ),
  ]))
