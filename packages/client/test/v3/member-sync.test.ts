// Endpoints from the list of members: which members count, what is refused, and when it is asked for.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type {
  MemberListResponse,
  MessageInit,
  SetEndpointsOptions,
  Transport,
} from '@etcdkit/protocol'
import { MemberListResponse as Response } from '@etcdkit/protocol'
import { MemberSync } from '../../src/v3/member-sync.ts'
import { ManualClock } from './support/manual-clock.ts'

/** A transport with endpoints, and what it was asked and told. */
function transportOf(...answers: readonly (MessageInit<MemberListResponse> | Error)[]) {
  const waiting = [...answers]
  const told: (readonly [string | readonly string[], SetEndpointsOptions | undefined])[] = []
  const transport = {
    endpoints: ['the endpoints'],
    unary: () => {
      const answer = waiting.shift()
      if (answer === undefined) throw new Error('nothing more is answered')
      if (answer instanceof Error) return Promise.reject(answer)
      return Promise.resolve(Response.decode(Response.encode(answer)))
    },
    setEndpoints: (endpoints: string | readonly string[], options?: SetEndpointsOptions) => {
      if (endpoints.includes('no url')) throw new TypeError('endpoint no url: not a host and port')
      told.push([endpoints, options])
    },
  }
  // What syncing needs of a transport.
  return { transport: transport as unknown as Transport, told, waiting }
}

const started = { name: 'm', clientURLs: ['http://a:2379', 'http://b:2379'] }

describe('MemberSync', () => {
  it('takes the client URLs of members that are started and no learners, and leaves the source', async () => {
    const learner = { name: 'l', clientURLs: ['http://l:2379'], isLearner: true }
    const unstarted = { name: '', clientURLs: ['http://u:2379'] }
    const other = { name: 'o', clientURLs: ['https://c:2379'] }
    const { transport, told } = transportOf({ members: [started, learner, unstarted, other] })
    const sync = new MemberSync(transport, new ManualClock())
    assert.deepEqual(await sync.sync(), ['the endpoints'])
    const urls = ['http://a:2379', 'http://b:2379', 'https://c:2379']
    assert.deepEqual(told, [[urls, { keepSource: true }]])
  })

  it('keeps the endpoints when no member can be reached by clients, or one announces what is no URL', async () => {
    const bad = { name: 'm', clientURLs: ['no url'] }
    const { transport, told } = transportOf({ members: [] }, { members: [bad] })
    const sync = new MemberSync(transport, new ManualClock())
    await assert.rejects(sync.sync(), {
      code: 'unavailable',
      message: 'Cannot sync the endpoints: no member says where it listens for clients',
    })
    await assert.rejects(sync.sync(), {
      code: 'bad-member-urls',
      message: 'Cannot sync the endpoints: endpoint no url: not a host and port',
    })
    assert.deepEqual(told, [])
  })

  it('refuses wrong options, and transports without endpoints, before any I/O', async () => {
    const { transport, waiting } = transportOf({ members: [] })
    const clock = new ManualClock()
    // From JavaScript.
    const options = { timeout: 1 } as object
    await assert.rejects(new MemberSync(transport, clock).sync(options), TypeError)
    const { setEndpoints: _, ...without } = transport
    const sync = new MemberSync(without, clock)
    await assert.rejects(sync.sync(), {
      name: 'TypeError',
      message: 'Cannot sync the endpoints: the transport has no endpoints',
    })
    assert.equal(waiting.length, 1)
  })
  it('syncs after each interval, also after a failure, until it is closed', async () => {
    const { transport, told, waiting } = transportOf(
      { members: [started] },
      new Error('for the test'),
      { members: [started] },
      { members: [started] },
    )
    const clock = new ManualClock()
    const sync = new MemberSync(transport, clock)
    sync.repeat(1000)
    await clock.advance(999)
    assert.equal(told.length, 0)
    await clock.advance(1)
    assert.equal(told.length, 1)
    await clock.advance(1000)
    assert.deepEqual([told.length, waiting.length], [1, 2])
    await clock.advance(1000)
    assert.deepEqual([told.length, waiting.length], [2, 1])
    sync.close()
    await clock.advance(10_000)
    assert.deepEqual([waiting.length, clock.pending], [1, 0])
  })
})
