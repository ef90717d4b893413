// etcdctl says the same of the embedded server as of an etcd of its own version, command for command.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { Cluster } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import { etcdVersions } from '../support/etcd-binary.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { patientMs } from '../support/patience.ts'
import { pollUntil } from '../support/poll.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts'
import { type EtcdctlResult, type EtcdctlStep, normalizeResult, runEtcdctl } from './etcdctl.ts'
import { type CommandStep, phases } from './etcdctl-commands.ts'

/** Processes for a server. */
const atATime = 6

for (const version of etcdVersions) {
  describeWith(etcdRequirement(version), 'etcdctl and the embedded server', () => {
    let server: EtcdServer
    let etcd: RunningEtcd
    let folder: TempFolder
    before(async () => {
      server = await EtcdServer.listen({ port: 0, name: 'm0' })
      // Passwords cheap to hash: many log in.
      const flags = ['--bcrypt-cost=4']
      etcd = await startEtcd({ version, heartbeatMs: 100, electionMs: 1000, flags })
      folder = createTempFolder('etcdctl')
    })
    after(async () => {
      await server.close()
      await etcd[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    })

    function both(step: EtcdctlStep): Promise<EtcdctlResult[]> {
      const program = etcd.etcdctl ?? 'etcdctl'
      const run = async (endpoint: string, name: string): Promise<EtcdctlResult> => {
        const places = { file: join(folder.path, name), ...(await membersOf(endpoint, step)) }
        const args = step.args.map((arg) => fillIn(arg, places))
        const result = await runEtcdctl(program, endpoint, { ...step, args })
        return { ...result, stdout: result.stdout.replaceAll(places.file, 'FILE') }
      }
      return Promise.all([run(server.endpoint, 'ours'), run(etcd.endpoints[0] ?? '', 'theirs')])
    }

    async function alike(step: CommandStep): Promise<void> {
      const [ours, theirs] = (await both(step)).map(normalizeResult)
      const [our, their] = [ours, theirs].map((result) => result?.stdout.split(/[\n",]/).toSorted())
      if (step.unordered) assert.deepEqual(our, their)
      else assert.deepEqual(ours, theirs)
    }

    for (const { name, order, commands } of phases) {
      describe(name, { concurrency: order === 'together' ? atATime : 1 }, () => {
        for (const command of commands) {
          const step: CommandStep =
            typeof command === 'string' ? { args: command.split(' ') } : command
          if (step.versions && !step.versions.includes(version)) continue
          it(`etcdctl ${step.args.join(' ')} says the same`, { timeout: 180_000 }, () =>
            alike(step),
          )
        }
      })
    }

    it('etcdctl lease keeps, shows and revokes a lease with keys', {
      timeout: 180_000,
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

    it('etcdctl make-mirror copies from the embedded server, to it, and as it goes', {
      timeout: 180_000,
    }, async () => {
      await using mirror = await EtcdServer.listen({ port: 0 })
      await using source = new Etcd({ endpoints: etcd.endpoints, timeoutMs: patientMs })
      await using copy = new Etcd(mirror.endpoint)
      await using copyOfCopy = new Etcd(server.endpoint)
      await source.put('mirrored/a', '1')
      const program = etcd.etcdctl ?? 'etcdctl'
      const arrived = new AbortController()
      const copying = [
        [etcd.endpoints[0] ?? '', mirror.endpoint],
        [mirror.endpoint, server.endpoint],
      ].map(([from = '', to = '']) => {
        const args = ['make-mirror', '--prefix', 'mirrored/', new URL(to).host]
        return runEtcdctl(program, from, { args, signal: arrived.signal })
      })
      const has = (at: Etcd, key: string): Promise<void> =>
        pollUntil(async () => (await at.get(key)) !== undefined, {
          what: `${key} to arrive`,
          deadlineMs: 60_000,
        })
      try {
        await Promise.all([has(copy, 'mirrored/a'), has(copyOfCopy, 'mirrored/a')])
        await source.put('mirrored/b', '2')
        await Promise.all([has(copy, 'mirrored/b'), has(copyOfCopy, 'mirrored/b')])
      } finally {
        arrived.abort()
        await Promise.all(copying)
      }
    })
  })
}

function normalizeLease(result: EtcdctlResult): EtcdctlResult {
  const normalized = normalizeResult(result)
  const stdout = normalized.stdout
    .replace(/("Lease" : )\d+/g, '$1ID')
    .replace(/\((?:[5-9]\d|100)s\)/g, '(Ns)')
  return { ...normalized, stdout: stdout.replace(/"ttl":[5-9]\d\b/, '"ttl":N') }
}

function fillIn(arg: string, places: Readonly<Record<string, string>>): string {
  return arg.replace(/^\{(\w+)\}$/, (_, name: string) => places[name] ?? '')
}

/** The ids of a server's members, where a step speaks of them. */
async function membersOf(
  endpoint: string,
  { args }: EtcdctlStep,
): Promise<{ readonly self?: string; readonly learner?: string }> {
  if (!args.includes('{self}') && !args.includes('{learner}')) return {}
  await using etcd = new Etcd(endpoint)
  const { members } = await etcd.call(Cluster.memberList, {})
  const idOf = (isLearner: boolean): string => {
    const member = members.find((each) => each.isLearner === isLearner)
    return BigInt(member?.ID ?? 0).toString(16)
  }
  return { self: idOf(false), learner: idOf(true) }
}
