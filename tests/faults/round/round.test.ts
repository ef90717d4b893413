// A short round on the embedded server, in the same process: the suite itself works, and what it finds it tells.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { EmbeddedGround } from '../embedded/ground.ts'
import type { RoundPlan } from './plan.ts'
import { type Ground, playRound } from './round.ts'

const { signal } = new AbortController()

function plan(): RoundPlan {
  const bursts = [
    { afterMs: 100, faults: [{ kind: 'cut', method: 'watch', times: 5 }], forMs: 200 },
    { afterMs: 100, faults: [{ kind: 'refuse-connections', cut: true }], forMs: 200 },
    { afterMs: 100, faults: [{ kind: 'compact-watches' }], forMs: 300 },
  ] as const
  return {
    seed: 1,
    // It is over when all is played.
    durationMs: 60_000,
    workloads: ['writes', 'watches', 'leases'],
    server: { kind: 'embedded', door: 'in-process', bursts },
  }
}

function start({ server }: RoundPlan): Promise<EmbeddedGround> {
  assert.equal(server.kind, 'embedded')
  return EmbeddedGround.start(server.door, server.bursts)
}

it('playRound finds nothing wrong where nothing is', async () => {
  const { violations, tally, log } = await playRound(plan(), { start, signal })
  assert.deepEqual(violations.list, [])
  assert.deepEqual(Object.fromEntries(log.counts), {
    ...{ cut: 1, 'refuse-connections': 1, 'compact-watches': 1 },
  })
  for (const name of ['outcomes: write ok', 'outcomes: read ok', 'events checked', 'histories']) {
    assert.ok(tally.get(name) > 0, name)
  }
})

it('playRound tells of a client that sends a write twice', async () => {
  const doubling = async (plan: RoundPlan): Promise<Ground> => {
    const ground = await start(plan)
    const connect = ground.connect.bind(ground)
    ground.connect = () => {
      const etcd = connect()
      const put = etcd.put.bind(etcd)
      const again = async (key: string, value: string): Promise<unknown> => {
        await put(key, value)
        return put(key, value)
      }
      return Object.assign(etcd, { put: again })
    }
    return ground
  }
  const short = { ...plan(), workloads: ['writes'] } as const
  const { violations } = await playRound(short, { start: doubling, signal })
  const kinds = new Set(violations.list.map(({ kind }) => kind))
  assert.ok(kinds.has('doubled-write'), [...kinds].join())
})
