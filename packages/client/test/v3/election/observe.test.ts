import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EtcdError } from '@etcdkit/protocol'
import { flush } from '../support/manual-clock.ts'
import { scripted } from '../support/scripted.ts'

const encoder = new TextEncoder()
const broken = new EtcdError('the connection broke', { code: 'connection-lost' })

/** A leader whose key came into being at `created`, and last proclaimed at `modified`. */
function leader(value: string, created: number, modified: number = created): object {
  const [key, bytes] = [encoder.encode('primary/7'), encoder.encode(value)]
  return { kv: { key, value: bytes, createRevision: created, modRevision: modified, lease: '7' } }
}

describe('electionService.observe', () => {
  it('goes on across broken streams, and tells no leader twice and none that is over', async () => {
    const { etcd, transport, clock } = scripted()
    const seen: string[] = []
    const observing = (async () => {
      for await (const { value } of etcd.electionService.observe('primary')) seen.push(value)
    })()
    await flush()
    assert.equal(transport.last.options?.requireLeader, true)
    await transport.last.push(leader('a', 5))
    await transport.last.push(leader('a again', 5, 9))
    await transport.last.fail(broken)
    await clock.advance(5)
    assert.equal(transport.streams.length, 2)
    // A member that lags.
    await transport.last.push(leader('a', 5))
    await transport.last.push(leader('a again', 5, 9))
    // Stood before the last proclamation, and leads after it.
    await transport.last.push(leader('b', 6))
    await transport.last.finish()
    await clock.advance(5)
    await transport.last.push(leader('b', 6))
    await transport.last.push(leader('c', 12))
    assert.deepEqual(seen, ['a', 'a again', 'b', 'c'])
    const message = 'Cannot observe "primary": the client is closed'
    const ending = assert.rejects(observing, { message })
    await transport.last.fail(new EtcdError('the client is closed', { code: 'closed' }))
    await ending
  })

  it('outlives an outage of any length', async () => {
    const { etcd, transport, clock } = scripted()
    const observation = etcd.electionService.observe('primary')
    const next = observation.next()
    for (let elapsed = 0; elapsed < 30_000; elapsed += 500) {
      await clock.advance(500)
      if (!transport.last.isOver) await transport.last.fail(broken)
    }
    await clock.advance(2000)
    await transport.last.push(leader('a', 5))
    assert.equal((await next).value?.value, 'a')
    await observation.return()
    assert.ok(transport.last.canceled)
  })

  it('ends with the reason of its signal, and with what is refused for good', async () => {
    const { etcd, transport } = scripted()
    const controller = new AbortController()
    const { signal } = controller
    const next = etcd.electionService.observe('a', { signal }).next()
    const aborted = next.catch((reason: unknown) => reason)
    await flush()
    controller.abort('enough')
    await transport.last.fail('enough')
    assert.equal(await aborted, 'enough')
    const denied = etcd.electionService.observe('a').next()
    await flush()
    const refusal = assert.rejects(denied, { message: 'Cannot observe "a": no' })
    await transport.last.fail(new EtcdError('no', { code: 'permission-denied' }))
    await refusal
  })

  it('throws a TypeError for a bad name or option, before anything is sent', async () => {
    const { etcd, transport } = scripted()
    await assert.rejects(etcd.electionService.observe('').next(), TypeError)
    const options = { timeoutMs: 5 } as object
    await assert.rejects(etcd.electionService.observe('a', options).next(), TypeError)
    assert.equal(transport.streams.length, 0)
  })
})
