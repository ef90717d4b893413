// Times to live that end: on the embedded server by a clock that is moved by hand, and once on every server by waiting.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { forEachServer } from '../../../../tests/support/suites.ts'
import { uniquePrefix } from '../../../../tests/support/unique-prefix.ts'
import type { V2Stream } from '../../../../tests/support/v2-http.ts'
import { connectV2, openV2World, type V2World, v2Suite } from './world.ts'

/** A server whose time stands still, and a client of its keys. */
async function openWorld(): Promise<World> {
  const world = await openV2World({ clock: 'manual' })
  const { client } = world
  return {
    ...world,
    async send(method, path, body) {
      const answer = await client.send({ method, path: `/v2/keys${path}`, body })
      return JSON.parse(answer.body)
    },
    watch: (path) => client.open({ path: `/v2/keys${path}` }),
  }
}

interface World extends V2World {
  // The shape differs by answer; what is looked at is asserted.
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  send(method: string, path: string, body?: string): Promise<any>
  watch(path: string): Promise<V2Stream>
}

describe('by hand', () => {
  failOnLeaks()

  it('server.clock.advance ends a time to live, and tells who watches', async () => {
    await using world = await openWorld()
    const { server } = world
    const { node } = await world.send('PUT', '/a', 'value=1&ttl=5')
    assert.equal(node.ttl, 5)
    const stream = await world.watch('/a?wait=true')
    server.clock.advance(1_500)
    assert.equal((await world.send('GET', '/a')).node.ttl, 4)
    server.clock.advance(3_499)
    assert.equal((await world.send('GET', '/a')).node.ttl, 1)
    server.clock.advance(1)
    await stream.until(() => false)
    const { ttl: _, ...prevNode } = node
    assert.deepEqual(JSON.parse(stream.lines[0] ?? ''), {
      action: 'expire',
      node: { key: '/a', modifiedIndex: node.modifiedIndex + 1, createdIndex: node.createdIndex },
      prevNode,
    })
    assert.equal((await world.send('GET', '/a')).errorCode, 100)
  })

  it('160 and 161 a time to live of 0 ends at the next half second', async () => {
    await using world = await openWorld()
    const { node } = await world.send('PUT', '/a', 'value=1&ttl=0')
    assert.equal(node.ttl, undefined)
    assert.match(node.expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/)
    world.server.clock.advance(499)
    assert.equal((await world.send('GET', '/a')).node.value, '1')
    world.server.clock.advance(1)
    assert.equal((await world.send('GET', '/a')).errorCode, 100)
  })

  it('what ends is removed in the order of its ends, an index each', async () => {
    await using world = await openWorld()
    for (const [key, ttl] of [
      ['c', 3],
      ['a', 1],
      ['b', 2],
      ['b2', 2],
    ] as const) {
      await world.send('PUT', `/d/${key}`, `value=1&ttl=${ttl}`)
    }
    const stream = await world.watch('/d?wait=true&stream=true&recursive=true')
    world.server.clock.advance(10_000)
    await stream.until(({ lines }) => lines.length === 4)
    const events = stream.lines.map((line) => JSON.parse(line).node)
    assert.deepEqual(
      events.map(({ key }) => key),
      ['/d/a', '/d/b', '/d/b2', '/d/c'],
    )
    const [first] = events
    assert.deepEqual(
      events.map(({ modifiedIndex }) => modifiedIndex - first.modifiedIndex),
      [0, 1, 2, 3],
    )
    stream.close()
  })

  it('a directory ends with all that is in it, in one event', async () => {
    await using world = await openWorld()
    await world.send('PUT', '/d', 'dir=true&ttl=2')
    const { node } = await world.send('PUT', '/d/x', 'value=1&ttl=100')
    const waits = await Promise.all(
      ['/d', '/d/x', '/d?recursive=true', '/?recursive=true'].map((path) =>
        world.watch(`${path}${path.includes('?') ? '&' : '?'}wait=true`),
      ),
    )
    world.server.clock.advance(2_000)
    for (const wait of waits) await wait.until(() => false)
    const [line = '', ...others] = waits.map(({ lines }) => lines.join())
    assert.deepEqual(others, [line, line, line])
    const event = JSON.parse(line)
    assert.deepEqual(
      [event.action, event.node.key, event.node.dir, event.node.modifiedIndex],
      ['expire', '/d', true, node.modifiedIndex + 1],
    )
    world.server.clock.advance(200_000)
    const { index } = await world.send('GET', '/d')
    assert.equal(index, event.node.modifiedIndex, 'what was in it ended with it')
  })

  it('a refresh puts the end off, and a write without one takes it away', async () => {
    await using world = await openWorld()
    await world.send('PUT', '/a', 'value=1&ttl=2')
    await world.send('PUT', '/b', 'value=1&ttl=2')
    world.server.clock.advance(1_500)
    await world.send('PUT', '/a', 'refresh=true&ttl=2&prevExist=true')
    await world.send('PUT', '/b?prevExist=true', 'value=2')
    world.server.clock.advance(1_500)
    assert.equal((await world.send('GET', '/a')).node.value, '1')
    world.server.clock.advance(1_000)
    assert.equal((await world.send('GET', '/a')).errorCode, 100)
    world.server.clock.advance(100_000)
    assert.equal((await world.send('GET', '/b')).node.value, '2')
  })

  it('a time to live so long that etcd takes it for one of the past', async () => {
    await using world = await openWorld()
    const answer = await world.send('PUT', '/a', 'value=1&ttl=18446744073709551615')
    assert.equal(answer.node.ttl, -1)
    world.server.clock.advance(500)
    assert.equal((await world.send('GET', '/a')).errorCode, 100)
  })

  it('close does not wait for what has a time to live', async () => {
    const world = await openWorld()
    await world.send('PUT', '/a', 'value=1&ttl=1000')
    await world[Symbol.asyncDispose]()
    assert.throws(() => world.server.clock.advance(-1) ?? assert.fail('done'), /done/)
  })
})

forEachServer(
  'v2 expiry',
  (server) => {
    const client = connectV2(server)

    it('the event of an end has what was there, and no time left', async () => {
      const path = `/${uniquePrefix()}d`
      const stream = await client().open({
        path: `/v2/keys${path}?wait=true&stream=true&recursive=true`,
      })
      await client().send({ method: 'PUT', path: `/v2/keys${path}/a`, body: 'value=1&ttl=1' })
      await stream.until(({ lines }) => lines.length === 2)
      const [made, ended] = stream.lines.map((line) => JSON.parse(line))
      const { ttl: _, ...prevNode } = made.node
      assert.deepEqual(ended, {
        action: 'expire',
        node: {
          key: `${path}/a`,
          modifiedIndex: made.node.modifiedIndex + 1,
          createdIndex: made.node.createdIndex,
        },
        prevNode,
      })
      stream.close()
    })
  },
  v2Suite,
)
