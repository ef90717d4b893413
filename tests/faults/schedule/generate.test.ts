// Schedules are what their seed says.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { parts, planRound } from '../round/plan.ts'

const options = { only: parts, tls: false, wire: undefined }

it('planRound gives the same round for the same seed, and others for others', () => {
  const texts = new Set<string>()
  for (let seed = 0; seed < 100; seed++) {
    const text = JSON.stringify(planRound(seed, options))
    assert.equal(JSON.stringify(planRound(seed, options)), text)
    texts.add(text)
  }
  assert.equal(texts.size, 100)
})

it('planRound draws every kind of fault, server and user', () => {
  const kinds = new Set<string>()
  for (let seed = 0; seed < 300; seed++) {
    const { server } = planRound(seed, options)
    if (server.kind === 'embedded') {
      kinds.add(server.door)
      for (const { faults } of server.bursts) for (const { kind } of faults) kinds.add(`e ${kind}`)
      continue
    }
    const { version, tls, auth, wire } = server.cluster
    for (const each of [version, `by ${wire}`, `TLS ${tls}`, `auth ${auth}`]) kinds.add(each)
    const { network, members } = server.schedule
    for (const { fault } of [...network, ...members]) kinds.add(fault.kind)
  }
  assert.deepEqual([...kinds].toSorted(), [
    ...['3.4', '3.5', 'TLS mutual', 'TLS none', 'TLS server'],
    ...['auth jwt', 'auth none', 'auth simple', 'by gRPC', 'by gateway'],
    ...['compact', 'cut', 'cut-at-byte', 'delay', 'drop-answers'],
    ...['e compact-watches', 'e cut', 'e delay', 'e drop-answer', 'e end-streams', 'e go-away'],
    ...['e refuse', 'e refuse-connections', 'e reset', 'e silence'],
    ...['gRPC', 'gateway', 'in-process', 'kill', 'move-leader', 'no-space', 'pause', 'refuse'],
    ...['replace-member', 'restart-all', 'stall'],
  ])
})

it('planRound keeps to what it is asked for', () => {
  for (let seed = 0; seed < 50; seed++) {
    const only = ['writes'] as const
    const { server, workloads } = planRound(seed, { only, tls: true, wire: 'gateway' })
    assert.deepEqual(workloads, ['writes'])
    assert.ok(server.kind === 'cluster' && server.cluster.tls !== 'none')
    assert.equal(server.cluster.wire, 'gateway')
    const embedded = planRound(seed, { only: ['embedded'], tls: false, wire: 'gRPC' }).server
    assert.ok(embedded.kind === 'embedded' && embedded.door === 'gRPC')
  }
})
