// The embedded server and a real etcd are asked the same, in sequences that fast-check makes up, and answer the same.
//
// `DIFFERENTIAL_SEED=$RANDOM` plays others than the usual, `DIFFERENTIAL_RUNS=100000` more than the usual thousand.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EtcdVersion } from '../support/etcd-binary.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { Tally } from '../support/tally.ts'
import { allSequences } from './arbitraries/all.ts'
import { dataSequences } from './arbitraries/sequences.ts'
import { knownDifferences } from './compare/known-differences.ts'
import { describeStep } from './describe-step.ts'
import { explore } from './explore.ts'
import { openLane, type Way } from './lane.ts'

const usualRuns = 1000
const usualSeed = 1
const lanes = 4
const runs = Number(process.env.DIFFERENTIAL_RUNS ?? usualRuns)
const seed = Number(process.env.DIFFERENTIAL_SEED ?? usualSeed)

/** Answers that a thousand sequences surely meet. */
const expected: readonly string[] = [
  'KV.put: empty-key',
  'KV.put: key-not-found',
  'KV.put: lease-not-found',
  'KV.put: lease-provided',
  'KV.put: value-provided',
  'KV.range: compacted',
  'KV.range: future-revision',
  'KV.txn: compacted',
  'KV.txn: duplicate-key',
  'KV.txn: empty-key',
  'KV.txn: future-revision',
  'KV.txn: key-not-found',
  'KV.txn: lease-not-found',
  'KV.txn: too-many-ops',
  'KV.compact: compacted',
  'KV.compact: future-revision',
  'Lease.leaseGrant: lease-exists',
  'Lease.leaseGrant: lease-ttl-too-large',
  'Lease.leaseRevoke: lease-not-found',
  'Maintenance.hashKV: future-revision',
  'Maintenance.moveLeader: bad-leader-transferee',
  'Maintenance.downgrade: wrong-downgrade-version-format',
  'Maintenance.downgrade: invalid-downgrade-target-version',
  'Maintenance.downgrade: no-downgrade-in-progress',
  'KV.put: no-space',
  'KV.put: corrupt-cluster',
  'KV.txn: no-space',
  'KV.deleteRange: corrupt-cluster',
  'Lease.leaseGrant: no-space',
  'Cluster.memberAdd: bad-member-urls',
  'Cluster.memberRemove: member-not-found',
  'Cluster.memberPromote: member-not-found',
  'Cluster.memberUpdate: member-not-found',
  'Cluster.memberRemove: permission-denied',
  'KV.range: permission-denied',
  'KV.put: permission-denied',
  'KV.deleteRange: permission-denied',
  'KV.txn: permission-denied',
  'KV.compact: permission-denied',
  'KV.put: invalid-auth-token',
  'KV.put: user-empty',
  'Lease.leaseRevoke: permission-denied',
  'Lease.leaseTimeToLive: permission-denied',
  'Lease.leaseLeases: permission-denied',
  'Auth.authenticate: answered',
  'Auth.authenticate: auth-failed',
  'Auth.userAdd: user-exists',
  'Auth.userGet: answered',
  'Auth.userGet: permission-denied',
  'Auth.userGrantRole: user-not-found',
  'Auth.userRevokeRole: role-not-granted',
  'Auth.roleAdd: role-exists',
  'Auth.roleGet: answered',
  'Auth.roleGet: permission-denied',
  'Auth.roleGrantPermission: permission-not-given',
  'Auth.roleGrantPermission: role-not-found',
  'Auth.roleRevokePermission: answered',
  'Auth.roleRevokePermission: permission-not-granted',
  'Lock.lock: answered',
  'Lock.lock: lease-not-found',
  'Lock.unlock: answered',
  'Election.campaign: answered',
  'Election.leader: answered',
  'Election.leader: election-no-leader',
  'Election.proclaim: election-not-leader',
  'Election.resign: answered',
  'renew: permission-denied',
  'peek: answered',
  'peek: rpc error: code = PermissionDenied desc = etcdserver: permission denied',
  'peek: rpc error: code = InvalidArgument desc = etcdserver: user name is empty',
  'peek: rpc error: code = Unauthenticated desc = etcdserver: invalid auth token',
  'watch: events',
  'watch: etcdserver: mvcc: required revision has been compacted',
  'watch: mvcc: duplicate watch ID provided on the WatchStream',
  'watch: mvcc: watcher range is empty',
  'watch: watch ended by the server',
  'cancel: events',
  'progress: progress',
  'end: events',
]

describeWith(etcdRequirement('3.5'), 'differential', () => {
  const tally = new Tally(describeStep)

  describe(`sequences from seed ${seed}`, { concurrency: true }, () => {
    for (let lane = 0; lane < lanes; lane++) {
      // Seeds that do not meet those of a neighbour's run.
      const share = {
        seed: seed + lane,
        runs: Math.ceil(runs / lanes),
        sequences: allSequences,
        tally,
      }
      itAnswersAlike('3.5', 'gRPC', share)
    }
    const fewer = { seed, runs: Math.ceil(runs / 10), sequences: allSequences }
    itAnswersAlike('3.5', 'in-process', { ...fewer, tally: new Tally(describeStep) })
    itAnswersAlike('3.5', 'grpc-js', { ...fewer, tally: new Tally(describeStep) })
  })

  it('a thousand sequences meet every kind of answer, and every known difference', (context) => {
    context.diagnostic(`${tally.sequences} sequences, ${tally.steps} answers`)
    // Fewer promise nothing, and after a failure there are fewer.
    if (tally.sequences < usualRuns) return
    const known = knownDifferences
      .filter(({ versions }) => versions.includes('3.5'))
      .map(({ name }) => `known difference: ${name}`)
    const missing = [...expected, ...known].filter((name) => tally.count(name) === 0)
    assert.deepEqual(missing, [], tally.lines().join('\n'))
  })
})

describeWith(etcdRequirement('3.4'), 'differential', () => {
  // What 3.4 lets pass without permission is no more let pass by any later one.
  const share = { seed, runs: Math.ceil(runs / 10), sequences: dataSequences }
  itAnswersAlike('3.4', 'gRPC', { ...share, tally: new Tally(describeStep) })
})

function itAnswersAlike(
  version: EtcdVersion,
  way: Way,
  options: Parameters<typeof explore>[1],
): void {
  it(`${options.runs} from ${options.seed} are answered alike over ${way}`, async () => {
    await using lane = await openLane(version, way)
    const difference = await explore(lane, options)
    if (difference !== undefined) assert.fail(difference)
  })
}
