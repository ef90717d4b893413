// The balancer: who gets the next call, who does not, and who gets calls again.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ClientEvent, EtcdError } from '@etcdkit/protocol'
import { Balancer, type Candidate } from '../../src/transport/balancer.ts'
import { type Endpoint, parseEndpoint, parseEndpoints } from '../../src/transport/endpoint.ts'
import { EndpointHealth } from '../../src/transport/endpoint-health.ts'

const failure = new EtcdError('for the test', { code: 'no-leader' })
const never = 2 ** 31

class Member implements Candidate {
  readonly endpoint: Endpoint
  readonly health: EndpointHealth = new EndpointHealth()
  isOpen = true
  opens = 0
  probe: PromiseWithResolvers<void> | undefined

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint
  }

  open(): void {
    this.opens++
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
}

function withResolvers(): PromiseWithResolvers<void> {
  let resolve: () => void = () => {}
  let reject: (reason: unknown) => void = () => {}
  const promise = new Promise<void>((yes, no) => {
    resolve = yes
    reject = no
  })
  return { promise, resolve, reject }
}

/** A balancer over `a`, `b`, …, what it told, and whom it removed. */
function balancerOf(names: string) {
  const events: ClientEvent[] = []
  const removed: Member[] = []
  const balancer = new Balancer<Member>(parseEndpoints([...names]), {
    create: (endpoint) => new Member(endpoint),
    removed: (member) => removed.push(member),
    probe: (member) => {
      assert.equal(member.probe, undefined, 'one probe at a time')
      member.probe = withResolvers()
      return member.probe.promise.finally(() => {
        member.probe = undefined
      })
    },
    sink: () => (event) => events.push(event),
  })
  const member = (name: string): Member => {
    const { url } = parseEndpoint(name)
    const found = balancer.candidates.find(({ endpoint }) => endpoint.url === url)
    assert(found, name)
    return found
  }
  /** The names of the next picks, in order of the alphabet. */
  const picks = (count: number): string =>
    Array.from({ length: count }, () => balancer.pick()?.endpoint.url[0] ?? '-')
      .sort()
      .join('')
  const types = (): string[] => events.splice(0).map(({ type }) => type)
  return { balancer, removed, member, picks, types }
}

/** Lets the balancer see what became of a probe. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('Balancer', () => {
  it('takes the endpoints in turn, beginning anywhere', () => {
    const { picks } = balancerOf('abc')
    for (let round = 0; round < 10; round++) assert.equal(picks(3), 'abc')
    const first = new Set(Array.from({ length: 200 }, () => balancerOf('abc').picks(1)))
    assert.deepEqual([...first].sort(), ['a', 'b', 'c'])
  })

  it('ejects an endpoint at its first failure, tells so once, and probes it when the pause is over', async () => {
    const { balancer, member, picks, types } = balancerOf('abc')
    balancer.failed(member('b'), failure, never)
    balancer.failed(member('b'), failure, never)
    assert.deepEqual(types(), ['ejected'])
    assert.equal(picks(4), 'aacc')
    assert.equal(member('b').probe, undefined)
    member('b').health.probeAt = 0
    assert.equal(picks(4), 'aacc')
    member('b').probe?.reject(failure)
    await settled()
    assert.equal(member('b').health.isHealthy, false)
    member('b').health.probeAt = 0
    picks(1)
    member('b').probe?.resolve()
    await settled()
    assert.deepEqual(types(), ['restored'])
    assert.equal(picks(6), 'aabbcc')
  })

  it('waits longer and longer between probes, with jitter, and begins anew after a success', () => {
    const { balancer, member } = balancerOf('ab')
    const { health } = member('a')
    for (const longest of [100, 200, 400, 800, 1600, 3200, 5000, 5000]) {
      health.probeAt = 0
      const before = performance.now()
      balancer.failed(member('a'), failure)
      const pauseMs = health.probeAt - before
      assert(pauseMs >= longest / 2 && pauseMs <= longest + 100, `${pauseMs} ms of ${longest}`)
    }
    const { probeAt } = health
    balancer.failed(member('a'), failure)
    assert.equal(health.probeAt, probeAt, 'what fails during the pause does not prolong it')
    balancer.restored(member('a'))
    balancer.failed(member('a'), failure)
    assert(health.probeAt < performance.now() + 101)
  })

  it('lessons D6: offers each in its turn while all are ejected, the one that is due soonest first', () => {
    const { balancer, member, picks, types } = balancerOf('abc')
    for (const [name, pauseMs] of [
      ['a', 3000],
      ['b', 1000],
      ['c', 2000],
    ] as const) {
      balancer.failed(member(name), failure, pauseMs)
    }
    assert.deepEqual([picks(1), picks(1), picks(1)], ['b', 'c', 'a'])
    for (let round = 0; round < 3; round++) assert.equal(picks(3), 'abc')
    types()
    balancer.succeeded(member('c'))
    assert.deepEqual(types(), ['restored'])
    assert.equal(picks(3), 'ccc')
    balancer.succeeded(member('a'))
    assert.equal(picks(3), 'ccc', 'a late answer does not count while others work')
  })

  it('never ejects the only endpoint while it is open', () => {
    const { balancer, member, picks, types } = balancerOf('a')
    balancer.failed(member('a'), failure)
    assert.equal(picks(2), 'aa')
    member('a').isOpen = false
    balancer.failed(member('a'), failure)
    assert.deepEqual([types(), picks(2), member('a').opens], [['ejected'], '--', 2])
  })

  it('sees to it that what is not open will be, and picks nothing when nothing is', () => {
    const { balancer, member, picks } = balancerOf('ab')
    member('a').isOpen = false
    assert.equal(picks(4), 'bbbb')
    assert(member('a').opens > 0)
    assert.deepEqual(
      [balancer.hasOther(member('a')), balancer.hasOther(member('b'))],
      [true, false],
    )
    member('b').isOpen = false
    assert.equal(picks(2), '--')
  })

  it('lessons D6: one call with a short limit ejects nobody; a long wait does, and several in a row', () => {
    const { balancer, member } = balancerOf('ab')
    const { health } = member('a')
    balancer.timedOut(member('a'), failure, 1)
    balancer.timedOut(member('a'), failure, 1)
    balancer.succeeded(member('a'))
    balancer.timedOut(member('a'), failure, 1)
    balancer.timedOut(member('a'), failure, 1)
    assert.equal(health.isHealthy, true)
    balancer.timedOut(member('a'), failure, 1)
    assert.equal(health.isHealthy, false)
    balancer.timedOut(member('b'), failure, 1000)
    assert.equal(member('b').health.isHealthy, false)
  })

  it('keeps what is on both lists, and hands over what was removed', () => {
    const { balancer, member, picks, removed, types } = balancerOf('abc')
    const [b, c] = [member('b'), member('c')]
    balancer.failed(b, failure, never)
    types()
    balancer.setEndpoints(parseEndpoints(['b', 'c', 'd']))
    assert.deepEqual(
      [types(), removed.map(({ endpoint }) => endpoint.url[0])],
      [['endpoints-changed'], ['a']],
    )
    assert.deepEqual([member('b'), member('c')], [b, c])
    assert.equal(picks(4), 'ccdd')
    balancer.setEndpoints(parseEndpoints(['d', 'c', 'b']))
    assert.deepEqual(types(), [])
    balancer.setEndpoints(parseEndpoints(['d', 'c']))
    balancer.restored(b)
    balancer.failed(b, failure)
    assert.deepEqual(types(), ['endpoints-changed'])
    assert.equal(picks(4), 'ccdd')
  })

  it('leaves a probe of an endpoint that was removed without effect', async () => {
    const { balancer, member, picks, types } = balancerOf('ab')
    const a = member('a')
    balancer.failed(a, failure, 0)
    picks(1)
    balancer.setEndpoints(parseEndpoints(['b']))
    types()
    a.probe?.resolve()
    await settled()
    assert.deepEqual([types(), picks(2)], [[], 'bb'])
  })
})
