// The store against a model of it: whatever is asked, in whatever order, both answer the same.

import { test } from 'node:test'
import fc from 'fast-check'
import { compareAnswers } from './naive/answers.ts'
import { sequences } from './naive/commands.ts'
import { NaiveStore } from './naive/naive-store.ts'
import { World } from './world.ts'

const numRuns = Number(process.env.ETCDKIT_PROPERTY_RUNS ?? 500)

test('store answers what the model answers', () => {
  fc.assert(
    fc.property(sequences, (commands) => {
      using world = new World({ maxTxnOps: 6 })
      const naive = new NaiveStore(6)
      for (const command of commands) compareAnswers(world, naive, command)
      for (let revision = 0; revision <= naive.state.revision; revision++) {
        const range = {
          key: '\0',
          rangeEnd: '\0',
          minMod: 0,
          maxMod: 0,
          minCreate: 0,
          maxCreate: 0,
        }
        compareAnswers(world, naive, { kind: 'range', range: { ...range, revision } })
        compareAnswers(world, naive, { kind: 'hash', revision })
      }
    }),
    { numRuns },
  )
})
