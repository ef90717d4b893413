// The embedded server and a real etcd are asked the same, in sequences that fast-check makes up, and answer the same.
//
// `DIFFERENTIAL_SEED=123` plays the sequences of a run again, `DIFFERENTIAL_RUNS=100000` more than the usual thousand.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EtcdVersion } from '../support/etcd-binary.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { knownDifferences } from './compare/known-differences.ts'
import { explore } from './explore.ts'
import { openLane, type Way } from './lane.ts'
import { Tally } from './tally.ts'

const usualRuns = 1000
const lanes = 4
const runs = Number(process.env.DIFFERENTIAL_RUNS ?? usualRuns)
const seed = Number(process.env.DIFFERENTIAL_SEED ?? Math.floor(Math.random() * 2 ** 31))

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
  const tally = new Tally()

  describe(`sequences from seed ${seed}`, { concurrency: true }, () => {
    for (let lane = 0; lane < lanes; lane++) {
      // Seeds that do not meet those of a neighbour's run.
      const share = { seed: seed + lane, runs: Math.ceil(runs / lanes), tally }
      itAnswersAlike('3.5', 'gRPC', share)
    }
    const fewer = Math.ceil(runs / 8)
    itAnswersAlike('3.5', 'in-process', { seed, runs: fewer, tally: new Tally() })
    itAnswersAlike('3.5', 'grpc-js', { seed, runs: fewer, tally: new Tally() })
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
  itAnswersAlike('3.4', 'gRPC', { seed, runs: Math.ceil(runs / 8), tally: new Tally() })
})

function itAnswersAlike(
  version: EtcdVersion,
  way: Way,
  options: Parameters<typeof explore>[1],
): void {
  it(`${options.runs} from ${options.seed} are answered alike over ${way}`, async () => {
    await using lane = await openLane(version, way)
    const difference = await explore(lane, options)
    assert.equal(difference, undefined, difference)
  })
}
