// The v2 API of the embedded server and of a real etcd are asked the same, in sequences that fast-check makes up, and
// answer the same: status, headers, bodies, and what watches are told.
//
// `DIFFERENTIAL_SEED=$RANDOM` plays others than the usual, `DIFFERENTIAL_RUNS=10000` more of them.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EtcdVersion } from '../support/etcd-binary.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { Tally } from '../support/tally.ts'
import { authSequences } from './auth-sequences.ts'
import { describeStep } from './describe-step.ts'
import { explore } from './explore.ts'
import { knownDifferences } from './known-differences.ts'
import { openLane } from './lane.ts'
import { sequences } from './sequences.ts'

const usualRuns = 300
const usualSeed = 1
const runs = Number(process.env.DIFFERENTIAL_RUNS ?? usualRuns)
const seed = Number(process.env.DIFFERENTIAL_SEED ?? usualSeed)

/** Answers that as many sequences as usual surely meet. */
const expected: readonly string[] = [
  'PUT: 200 set',
  'PUT: 201 set',
  'PUT: 200 update',
  'PUT: 201 create',
  'PUT: 200 compareAndSwap',
  'PUT: 301',
  'PUT: 400 104',
  'PUT: 400 107',
  'PUT: 403 102',
  'PUT: 404 100',
  'PUT: 412 101',
  'PUT: 412 105',
  'POST: 201 create',
  'POST: 400 104',
  'DELETE: 200 delete',
  'DELETE: 200 compareAndDelete',
  'DELETE: 403 102',
  'DELETE: 404 100',
  'DELETE: 412 101',
  'GET: 200 get',
  'GET: 400 104',
  'GET: 404 100',
  'HEAD: 200',
  'PATCH: 405',
  'stats: answered',
  'watch: 200',
  'end: event set',
  'end: event create',
  'end: event delete',
]

for (const version of ['3.4', '3.5'] as const) {
  describeWith(etcdRequirement(version), 'v2 differential', () => {
    const tally = new Tally(describeStep)

    describe(`sequences from seed ${seed}`, { concurrency: true }, () => {
      for (let lane = 0; lane < 2; lane++) {
        // Seeds that do not meet those of a neighbour's run.
        const share = { seed: seed + lane, runs: Math.ceil(runs / 4), tally, sequences }
        itAnswersAlike(version, 'keys', share)
      }
      // etcd hashes passwords slowly.
      const users = { sequences: authSequences, hasUsers: true }
      itAnswersAlike(version, 'users', { seed, runs: Math.ceil(runs / 40), tally, ...users })
    })

    it('as many sequences as usual meet every kind of answer, and every known difference', (context) => {
      context.diagnostic(`${tally.sequences} sequences, ${tally.steps} answers`)
      // Fewer promise nothing, and after a failure there are fewer.
      if (tally.sequences < usualRuns / 2) return
      const known = knownDifferences
        .filter(({ versions }) => versions.includes(version))
        .map(({ name }) => `known difference: ${name}`)
      const missing = [...expected, ...known].filter((name) => tally.count(name) === 0)
      assert.deepEqual(missing, [], tally.lines().join('\n'))
    })
  })
}

function itAnswersAlike(
  version: EtcdVersion,
  theme: string,
  options: Parameters<typeof explore>[1],
): void {
  it(`${options.runs} about ${theme} from ${options.seed} are answered alike`, async () => {
    await using lane = await openLane(version)
    const difference = await explore(lane, options)
    assert.equal(difference, undefined, difference)
  })
}
