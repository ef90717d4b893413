// etcdctl says the same of the embedded server as of an etcd of its own version, command for command.

import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { EtcdServer } from '@etcdkit/server'
import { etcdVersions } from '../support/etcd-binary.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { type EtcdctlResult, type EtcdctlStep, normalizeResult, runEtcdctl } from './etcdctl.ts'

/** A command line without quotes, in order: each builds on the state that those before have left. */
const commands: readonly (string | EtcdctlStep)[] = [
  'get nothing',
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
  'get a',
  'get a -w json',
  'get a -w fields',
  'get a --hex',
  'get a --print-value-only',
  'get a --keys-only',
  'get a z',
  'get a z --limit=2',
  'get a z --limit=2 -w json',
  'get a z --order=DESCEND',
  ...['CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION'].flatMap((target) => [
    `get a z --sort-by=${target}`,
    `get a z --sort-by=${target} --order=DESCEND`,
  ]),
  'get a --from-key --keys-only',
  { args: ['get', '', '--prefix', '--keys-only'] },
  'get --prefix fro',
  'get a --rev=2',
  'get a --rev=2 -w json',
  'get a --rev=999',
  'get a --consistency=s',
  'get --prefix a --count-only -w fields',
  'get a --order=SIDEWAYS',
  'endpoint hashkv',
  'del nothing',
  'del d',
  'del --prefix neg --prev-kv',
  'put p/1 x',
  'put p/2 y',
  'del p/ --prefix -w json',
  { args: ['txn'], stdin: 'value("a") = "2"\n\nput t then\nget a\n\nput t else\n\n' },
  { args: ['txn'], stdin: 'mod("a") > "999"\n\nput t then\n\nget t\ndel t\n\n' },
  { args: ['txn'], stdin: 'version("nothing") = "0"\ncreate("a") > "0"\n\n\n\n\n\n' },
  { args: ['txn', '-w', 'json'], stdin: '\nput t again\nget --prefix t\n\n\n' },
  { args: ['txn'], stdin: '\nput same 1\nput same 2\n\n\n' },
  { args: ['txn'], stdin: 'nonsense\n\n\n\n' },
  { args: ['watch', 'a', 'z', '--rev=2', '--prev-kv'], until: 'again' },
  { args: ['watch', 'a', '--rev=2', '-w', 'json'], until: 'Mg==' },
  { args: ['watch', '--prefix', '', '--rev=3'], until: 'again' },
  { args: ['watch', '-i'], stdin: 'watch t --rev 2\n', until: 'again' },
  {
    args: ['watch', 't', '--rev=2', '--', 'sh', '-c', 'echo $ETCD_WATCH_KEY $ETCD_WATCH_VALUE'],
    until: '"again"',
  },
  'endpoint hashkv',
  'compaction 6',
  'compaction 6',
  'compaction 999',
  'get a --rev=5',
  'watch a --rev=3',
  'endpoint hashkv',
  'lease grant 100',
  'lease grant 100 -w json',
  'lease list -w json',
  'lease revoke 123',
  'lease timetolive 123',
  'lease keep-alive --once 123',
  'lease grant nonsense',
  { args: ['lock', 'mine', 'echo', 'held'] },
  { args: ['elect', 'mine', 'proposal'], until: 'proposal' },
  'elect -l mine',
  'member list',
  'member list -w json',
  'member list -w fields',
  'endpoint health',
  'endpoint health -w json',
  'endpoint status',
  'endpoint status -w json',
  'endpoint status -w fields',
  'alarm list',
  'alarm disarm',
  'defrag',
  'get a -w nonsense',
  '--user=root:x get a',
]

for (const version of etcdVersions) {
  describeWith(etcdRequirement(version), 'etcdctl and the embedded server', () => {
    let server: EtcdServer
    let etcd: RunningEtcd
    before(async () => {
      server = await EtcdServer.listen({ port: 0, name: 'm0' })
      etcd = await startEtcd({ version, heartbeatMs: 100, electionMs: 1000 })
    })
    after(async () => {
      await server.close()
      await etcd[Symbol.asyncDispose]()
    })

    function both(step: EtcdctlStep): Promise<EtcdctlResult[]> {
      const program = etcd.etcdctl ?? 'etcdctl'
      const endpoints = [server.endpoint, etcd.endpoints[0] ?? '']
      return Promise.all(endpoints.map((endpoint) => runEtcdctl(program, endpoint, step)))
    }

    async function alike(step: EtcdctlStep): Promise<void> {
      const [ours, theirs] = (await both(step)).map(normalizeResult)
      assert.deepEqual(ours, theirs)
    }

    for (const command of commands) {
      const step = typeof command === 'string' ? { args: command.split(' ') } : command
      it(`etcdctl ${step.args.join(' ')} says the same`, { timeout: 20_000 }, () => alike(step))
    }

    it('etcdctl lease keeps, shows and revokes a lease with keys', {
      timeout: 20_000,
    }, async () => {
      const granted = await both({ args: ['lease', 'grant', '100'] })
      const ids = granted.map(({ stdout }) => /lease ([0-9a-f]+)/.exec(stdout)?.[1] ?? '')
      const program = etcd.etcdctl ?? 'etcdctl'
      const steps = (id: string): EtcdctlStep[] => [
        { args: ['put', `--lease=${id}`, 'leased', '1'] },
        { args: ['put', 'leased', '2', '--ignore-lease'] },
        { args: ['get', 'leased', '-w', 'fields'] },
        { args: ['lease', 'timetolive', id, '--keys'] },
        { args: ['lease', 'timetolive', id, '--keys', '-w', 'json'] },
        { args: ['lease', 'keep-alive', '--once', id] },
        { args: ['lease', 'keep-alive', id], until: 'keepalived' },
        { args: ['lease', 'revoke', id] },
        { args: ['get', 'leased'] },
        { args: ['lease', 'timetolive', id] },
      ]
      const [ours, theirs] = await Promise.all(
        [server.endpoint, etcd.endpoints[0] ?? ''].map(async (endpoint, index) => {
          const results: EtcdctlResult[] = []
          for (const step of steps(ids[index] ?? '')) {
            results.push(normalizeLease(await runEtcdctl(program, endpoint, step)))
          }
          return results
        }),
      )
      assert.deepEqual(ours, theirs)
    })
  })
}

function normalizeLease(result: EtcdctlResult): EtcdctlResult {
  const normalized = normalizeResult(result)
  const stdout = normalized.stdout
    .replace(/("Lease" : )\d+/g, '$1ID')
    .replace(/\((?:99|98|100)s\)/g, '(Ns)')
  return { ...normalized, stdout: stdout.replace(/"ttl":(?:99|98)/, '"ttl":N') }
}
