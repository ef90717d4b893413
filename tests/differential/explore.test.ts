// Exploring finds what differs, and nothing where nothing does.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KV, PutResponse } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import { Tally } from '../support/tally.ts'
import { allSequences } from './arbitraries/all.ts'
import { dataSequences } from './arbitraries/sequences.ts'
import { describeStep } from './describe-step.ts'
import { explore } from './explore.ts'
import type { Lane } from './lane.ts'
import { clientDoor, type Door } from './play/door.ts'

describe('explore', () => {
  it('explore finds nothing between two servers that are the same', async () => {
    await using lane = openTwins((door) => door)
    const tally = new Tally(describeStep)
    assert.equal(
      await explore(lane, { seed: 1, runs: 20, sequences: allSequences, tally }),
      undefined,
    )
    assert.equal(tally.sequences, 20)
  })

  it('explore tells the shortest sequence that is answered differently, as code', async () => {
    await using lane = openTwins(forgetPrevious)
    const code = await explore(lane, {
      seed: 1,
      runs: 100,
      sequences: dataSequences,
      tally: new Tally(describeStep),
    })
    assert.ok(code !== undefined)
    const calls = code.split('\n').filter((line) => line.startsWith('await tell('))
    assert.equal(calls.length, 2, code)
    assert.match(calls[0] ?? '', /^await tell\(etcd\.call\(KV\.(?:put|txn), \{/)
    assert.match(calls[1] ?? '', /^await tell\(etcd\.call\(KV\.put, .*prevKv: true/)
    assert.match(code, /^\/\/ seed 1, /)
    assert.match(code, /^\/\/ etcd answers:.*prevKv: .*^\/\/ the embedded server answers:/ms)
  })
})

/** Two servers of one kind; `spoil` makes the second answer otherwise. */
function openTwins(spoil: (door: Door) => Door): Lane {
  const servers = [EtcdServer.create(), EtcdServer.create()] as const
  const open = ({ transport }: EtcdServer): Door => clientDoor(new Etcd({ transport }))
  const reference = open(servers[0])
  const embedded = spoil(open(servers[1]))
  return {
    reference,
    embedded,
    version: servers[0].version,
    shortestLeaseMs: Number.POSITIVE_INFINITY,
    log: '',
    async [Symbol.asyncDispose]() {
      await Promise.all([reference.close(), embedded.close()])
      await Promise.all(servers.map((server) => server.close()))
    },
  }
}

function forgetPrevious(door: Door): Door {
  return {
    ...door,
    async call(method, request) {
      const answer = await door.call(method, request)
      if (method.path !== KV.put.path || answer.kind === 'refusal') return answer
      return {
        kind: 'message',
        message: PutResponse.create({ ...answer.message, prevKv: undefined }),
      }
    },
  }
}
