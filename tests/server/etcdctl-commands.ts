// What etcdctl is asked, of the embedded server and of a real etcd alike.

import type { EtcdVersion } from '../support/etcd-binary.ts'
import type { EtcdctlStep } from './etcdctl.ts'

/**
 * A command line without quotes, or with words that have blanks in them. `{file}` stands for a file of the server's own,
 * `{self}` for its member, `{learner}` for the one that was added.
 */
export type Command = string | CommandStep

/** A command, and which version of etcdctl it is for. Default: all. */
export interface CommandStep extends EtcdctlStep {
  readonly versions?: readonly EtcdVersion[]
  /** What it says comes in the order of ids that are made up. */
  readonly unordered?: boolean
}

/** Commands that build on the state which those before have left, or that change nothing and may be asked together. */
export interface Phase {
  readonly name: string
  readonly order: 'one by one' | 'together'
  readonly commands: readonly Command[]
}

const newest: readonly EtcdVersion[] = ['3.5']

function by(user: string, command: string): string {
  return `--user=${user} ${command}`
}

const writes: Phase = {
  name: 'writing',
  order: 'one by one',
  commands: [
    'get nothing -w json',
    'put a 1',
    'put a 2 --prev-kv',
    { args: ['put', 'from stdin'], stdin: 'a value\nof two lines\n' },
    { args: ['put', 'b', 'with spaces'] },
    'put c 3 -w json',
    'put d 4 -w fields',
    { args: ['put', 'negative', '--', '-1'] },
    'put --ignore-value a',
    'put --ignore-value nothing',
    'put --ignore-value a 7',
    'put --lease=77 a 7',
    { args: ['put', '', 'no key'] },
  ],
}

const reads: Phase = {
  name: 'reading',
  order: 'together',
  commands: [
    'get nothing',
    'get a',
    'get a -w json',
    'get a -w fields',
    'get a -w table',
    'get a --hex',
    'get a --print-value-only',
    'get a --keys-only',
    'get a z',
    'get a z --limit=2 -w json',
    'get a z --order=DESCEND',
    ...['CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION'].flatMap((target) => [
      `get a z --sort-by=${target}`,
      `get a z --sort-by=${target} --order=DESCEND`,
    ]),
    'get a --from-key --keys-only',
    { args: ['get', '', '--prefix', '--keys-only'] },
    'get --prefix fro',
    'get a --rev=2 -w json',
    'get a --rev=999',
    'get a --consistency=s',
    'get --prefix a --count-only -w fields',
    'get a --order=SIDEWAYS',
    'get a -w nonsense',
    'endpoint hashkv',
    '--user=root:x get a',
    'version',
  ],
}

const changes: Phase = {
  name: 'changing and watching',
  order: 'one by one',
  commands: [
    'del nothing',
    'del d',
    'del --prefix neg --prev-kv',
    'put p/1 x',
    'put p/2 y',
    'del p/ --prefix -w json',
    'put q 1',
    'del q --from-key',
    { args: ['txn'], stdin: 'value("a") = "2"\n\nput t then\nget a\n\nput t else\n\n' },
    { args: ['txn'], stdin: 'mod("a") > "999"\n\nput t then\n\nget t\ndel t\n\n' },
    { args: ['txn'], stdin: 'version("nothing") = "0"\ncreate("a") > "0"\n\n\n\n\n\n' },
    { args: ['txn', '-w', 'json'], stdin: '\nput t again\nget --prefix t\n\n\n' },
    { args: ['txn'], stdin: '\nput same 1\nput same 2\n\n\n' },
    { args: ['txn'], stdin: 'nonsense\n\n\n\n' },
  ],
}

const watches: Phase = {
  name: 'watching the past',
  order: 'together',
  commands: [
    { args: ['watch', 'a', 'z', '--rev=2', '--prev-kv'], until: 'again' },
    { args: ['watch', 'a', '--rev=2', '-w', 'json'], until: 'Mg==' },
    { args: ['watch', '--prefix', '', '--rev=3'], until: 'again' },
    { args: ['watch', '-i'], stdin: 'watch t --rev 2\n', until: 'again' },
    {
      args: ['watch', 't', '--rev=2', '--', 'sh', '-c', 'echo $ETCD_WATCH_KEY $ETCD_WATCH_VALUE'],
      until: '"again"',
    },
  ],
}

const compactions: Phase = {
  name: 'compacting',
  order: 'one by one',
  commands: [
    'lease list',
    'lease grant 100',
    'lease list',
    'lease list -w json',
    'endpoint hashkv',
    'compaction 6',
    'compaction 6',
    'compaction 8 --physical',
  ],
}

const operations: Phase = {
  name: 'operating',
  order: 'together',
  commands: [
    'compaction 999',
    'get a --rev=5',
    'watch a --rev=3',
    'endpoint hashkv',
    'endpoint hashkv -w json',
    'lease grant 100',
    'lease grant 100 -w json',
    'lease grant nonsense',
    'lease revoke 123',
    'lease timetolive 123',
    'lease keep-alive --once 123',
    'member list',
    'member list -w json',
    'member list -w fields',
    'endpoint health',
    'endpoint health -w json',
    'endpoint health --cluster',
    'endpoint status',
    'endpoint status -w json',
    'endpoint status -w fields',
    'alarm list',
    'alarm disarm',
    { args: ['alarm', 'list', '-w', 'json'], versions: newest },
    'move-leader {self}',
    'move-leader 1234',
    'member remove 1234',
    'member promote 1234',
    'member promote {self}',
    'member remove {self}',
    'member update 1234 --peer-urls=http://localhost:1',
    'member add other --peer-urls=nonsense',
    { args: ['auth', 'status'], versions: newest },
    'auth disable',
    'snapshot save {file}',
  ],
}

const claims: Phase = {
  name: 'locks, elections, members and snapshots',
  order: 'one by one',
  commands: [
    { args: ['lock', 'mine', 'echo', 'held'] },
    { args: ['lock', 'mine', 'sh', '-c', 'echo $ETCD_LOCK_KEY; exit 7'] },
    { args: ['lock', 'mine', '--ttl=5'], until: 'mine/' },
    { args: ['elect', 'mine', 'proposal'], until: 'proposal' },
    'put led/1 proposal',
    { args: ['elect', '-l', 'led'], until: 'proposal' },
    'defrag',
    {
      args: 'member add other --peer-urls=http://localhost:1 --learner'.split(' '),
      unordered: true,
    },
    { args: ['member', 'list', '-w', 'fields'], unordered: true },
    'member add another --peer-urls=http://localhost:2 --learner',
    'member promote {learner}',
    'move-leader {learner}',
    'member remove {learner}',
    'member update {self} --peer-urls=http://localhost:2380',
    'member list',
  ],
}

const users: Phase = {
  name: 'users and roles',
  order: 'one by one',
  commands: [
    'auth enable',
    'user add root:secret',
    'user add ann:secret',
    'user add ann:secret',
    { args: ['user', 'add', 'bob', '--interactive=false'], stdin: 'secret\n' },
    'user add certified --no-password',
    'user add late --new-user-password=secret',
    'role add readers',
    'role add readers',
    'role add passing',
    'role grant-permission readers readwrite a d',
    'role grant-permission readers read p/ --prefix',
    'role grant-permission readers write w --from-key',
    'role grant-permission readers read single',
    'role grant-permission readers nonsense x',
    // 3.4 grants it.
    { args: 'role grant-permission readers read d a'.split(' '), versions: newest },
    'role grant-permission nobodys read x',
    'role revoke-permission readers single',
    'role revoke-permission readers single',
    'role revoke-permission readers p/ --prefix',
    'user grant-role ann readers',
    'user grant-role ann passing',
    'user grant-role ann readers',
    'user grant-role ann nothing',
    'user grant-role nobody readers',
    'user revoke-role ann nothing',
    'role delete passing',
    'role delete passing',
    'user delete certified',
    'user delete certified',
    { args: ['user', 'passwd', 'bob', '--interactive=false'], stdin: 'other\n' },
  ],
}

const lists: Phase = {
  name: 'users and roles, told',
  order: 'together',
  commands: [
    'user get ann',
    'user get ann --detail',
    'user get ann -w json',
    'user get nobody',
    'user list',
    'user list -w json',
    'role get readers',
    'role get readers -w json',
    'role get nothing',
    'role list',
    'role list -w fields',
  ],
}

const enabling: Phase = { name: 'turning auth on', order: 'one by one', commands: ['auth enable'] }

const restricted: Phase = {
  name: 'with auth on',
  order: 'together',
  commands: [
    'get a',
    'put a 1',
    'user list',
    'auth enable',
    by('ann:wrong', 'get a'),
    by('nobody:secret', 'get a'),
    by('ann:secret', 'get a'),
    by('ann:secret', 'get a d'),
    by('ann:secret', 'get a e'),
    by('ann:secret', 'get w'),
    by('ann:secret', 'put w 1'),
    by('ann:secret', 'put w 1 --prev-kv'),
    by('ann:secret', 'del a z'),
    by('ann:secret', 'del nothing'),
    by('ann:secret', 'user list'),
    by('ann:secret', 'user get ann'),
    by('ann:secret', 'user get bob'),
    by('ann:secret', 'role get readers'),
    by('ann:secret', 'role list'),
    by('ann:secret', 'user add more:x'),
    by('ann:secret', 'auth disable'),
    by('ann:secret', 'watch x'),
    by('ann:secret', 'lease grant 100'),
    by('ann:secret', 'member list'),
    by('ann:secret', 'member remove 1234'),
    by('ann:secret', 'lock other echo held'),
    by('ann:secret', 'endpoint health'),
    { args: ['--user=ann', '--password=secret', 'get', 'b'] },
    { args: ['--user=ann:secret', 'txn'], stdin: 'value("b") = "x"\n\nget c\n\nget x\n\n' },
    { args: ['--user=ann:secret', 'txn'], stdin: 'value("b") = "x"\n\nget c\n\nget a\n\n' },
    by('bob:other', 'get a'),
    by('root:secret', 'get a'),
    by('root:secret', 'put anything 1'),
    by('root:secret', 'user list'),
    by('root:secret', 'role delete root'),
    by('root:secret', 'user delete root'),
    by('root:secret', 'user revoke-role root root'),
    by('root:secret', 'alarm list'),
    by('root:secret', 'member list'),
    by('root:secret', 'defrag'),
    { args: ['--user=root:secret', 'auth', 'status'], versions: newest },
  ],
}

const disabling: Phase = {
  name: 'turning auth off',
  order: 'one by one',
  commands: [
    by('root:secret', 'user revoke-role ann readers'),
    by('ann:secret', 'get b'),
    by('root:secret', 'auth disable'),
    'get a',
    by('ann:secret', 'get a'),
  ],
}

/** All of it, in this order. */
export const phases: readonly Phase[] = [
  writes,
  reads,
  changes,
  watches,
  compactions,
  operations,
  claims,
  users,
  lists,
  enabling,
  restricted,
  disabling,
]
