// Waits and streams of the v2 API, on the embedded server and on the etcds that it follows.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { forEachServer } from '../../../../tests/support/suites.ts'
import { uniquePrefix } from '../../../../tests/support/unique-prefix.ts'
import type { V2Stream } from '../../../../tests/support/v2-http.ts'
import { connectV2, v2Suite } from './world.ts'

forEachServer(
  'v2 watches',
  (server) => {
    const client = connectV2(server)

    const write = async (method: string, path: string, body?: string): Promise<string> => {
      const answer = await client().send({ method, path: `/v2/keys${path}`, body })
      assert.ok(answer.status < 300, answer.body)
      return answer.body.trimEnd()
    }
    const indexOf = (line: string): number => JSON.parse(line).node.modifiedIndex
    /** Of the answer to a watch, opened before `run`; what `run` answers. */
    const watched = async (
      query: string,
      run: () => Promise<string>,
    ): Promise<{ readonly wrote: string; readonly lines: readonly string[] }> => {
      const stream = await client().open({ path: `/v2/keys${query}` })
      const wrote = await run()
      await stream.until(() => false)
      return { wrote, lines: stream.lines }
    }
    const after1 = async (stream: V2Stream, lines: number): Promise<readonly string[]> => {
      await stream.until((each) => each.lines.length >= lines)
      return stream.lines
    }

    it('the head comes before any event, with the index of the start', async () => {
      const path = `/${uniquePrefix()}a`
      const first = await write('PUT', path, 'value=1')
      const stream = await client().open({ path: `/v2/keys${path}?wait=true` })
      assert.deepEqual([stream.status, stream.lines, stream.ended], [200, [], false])
      assert.equal(stream.headers['x-etcd-index'], String(indexOf(first)))
      assert.equal(stream.headers['content-type'], 'application/json')
      assert.equal(stream.headers['transfer-encoding'], 'chunked')
      stream.close()
    })

    it('a wait is told what the writer is told, whatever was done', async () => {
      const path = `/${uniquePrefix()}d`
      const wait = `${path}/a?wait=true`
      const writes: readonly (readonly [string, string, string?])[] = [
        ['PUT', `${path}/a`, 'value=1&ttl=100'],
        ['PUT', `${path}/a?prevExist=true`, 'value=2'],
        ['PUT', `${path}/a?prevValue=2`, 'value=3'],
        ['DELETE', `${path}/a?prevValue=3`],
        ['PUT', `${path}/a?prevExist=false`, 'value=4'],
        ['DELETE', `${path}/a`],
      ]
      for (const [method, target, body] of writes) {
        const { wrote, lines } = await watched(wait, () => write(method, target, body))
        assert.deepEqual(lines, [wrote])
      }
      const recursive = `${path}?wait=true&recursive=true`
      const { wrote, lines } = await watched(recursive, () => write('POST', path, 'value=5'))
      assert.deepEqual(lines, [wrote])
    })

    it('a directory is not watched with what is in it, unless recursively', async () => {
      const path = `/${uniquePrefix()}d`
      await write('PUT', `${path}/x`, 'value=1')
      const plain = await client().open({ path: `/v2/keys${path}?wait=true` })
      const deep = await client().open({ path: `/v2/keys${path}?wait=true&recursive=true` })
      const inside = await write('PUT', `${path}/x`, 'value=2')
      assert.deepEqual(await after1(deep, 1), [inside])
      const own = await write('DELETE', `${path}?recursive=true`)
      assert.deepEqual(await after1(plain, 1), [own])
    })

    it('who watches what is there hears of the end of a directory above', async () => {
      const path = `/${uniquePrefix()}d`
      await write('PUT', `${path}/b/c`, 'value=1')
      const wait = `${path}/b/c?wait=true`
      const { wrote, lines } = await watched(wait, () => write('DELETE', `${path}?recursive=true`))
      assert.deepEqual(lines, [wrote])
    })

    it('hidden keys are told of to who watches them', async () => {
      const path = `/${uniquePrefix()}d`
      const above = await client().open({ path: `/v2/keys${path}?wait=true&recursive=true` })
      const hidden = await client().open({ path: `/v2/keys${path}/_h?wait=true` })
      const inside = await client().open({ path: `/v2/keys${path}/_i?wait=true&recursive=true` })
      const first = await write('PUT', `${path}/_h`, 'value=1')
      const second = await write('PUT', `${path}/_i/x`, 'value=1')
      const third = await write('PUT', `${path}/a`, 'value=1')
      assert.deepEqual(await after1(hidden, 1), [first])
      assert.deepEqual(await after1(inside, 1), [second])
      assert.deepEqual(await after1(above, 1), [third])
    })

    it('167 to 169 an index of the past is answered at once, with the index of now', async () => {
      const path = `/${uniquePrefix()}a`
      const lines: string[] = []
      for (const value of ['1', '2', '3']) lines.push(await write('PUT', path, `value=${value}`))
      const [first = '', second = '', third = ''] = lines
      const ask = (index: number) =>
        client().send({ path: `/v2/keys${path}?wait=true&waitIndex=${index}` })
      const asked = await ask(indexOf(first) + 1)
      assert.equal(asked.body, `${second}\n`)
      assert.equal(asked.headers['x-etcd-index'], String(indexOf(third)))
      assert.equal((await ask(indexOf(first))).body, `${first}\n`)
    })

    it('an index of the future is waited for', async () => {
      const path = `/${uniquePrefix()}a`
      const first = await write('PUT', path, 'value=1')
      const index = indexOf(first) + 2
      const { lines, wrote } = await watched(`${path}?wait=true&waitIndex=${index}`, async () => {
        await write('PUT', path, 'value=2')
        return await write('PUT', path, 'value=3')
      })
      assert.deepEqual(lines, [wrote])
    })

    it('a refresh is told to nobody, now and later', async () => {
      const path = `/${uniquePrefix()}a`
      const first = await write('PUT', path, 'value=1')
      const stream = await client().open({ path: `/v2/keys${path}?wait=true` })
      await write('PUT', path, 'refresh=true&ttl=100&prevExist=true')
      const last = await write('PUT', path, 'value=2')
      assert.deepEqual(await after1(stream, 1), [last])
      const past = `/v2/keys${path}?wait=true&waitIndex=${indexOf(first) + 1}`
      assert.equal((await client().send({ path: past })).body, `${last}\n`)
    })

    it('172 a wait by quorum does not wait', async () => {
      const path = `/${uniquePrefix()}a`
      const { node } = JSON.parse(await write('PUT', path, 'value=1'))
      const { body } = await client().send({ path: `/v2/keys${path}?wait=true&quorum=true` })
      assert.deepEqual(JSON.parse(body), { action: 'get', node })
    })

    it('a stream goes on, a line for each event', async () => {
      const path = `/${uniquePrefix()}d`
      const query = '?wait=true&stream=true&recursive=true'
      const stream = await client().open({ path: `/v2/keys${path}${query}` })
      const wrote: string[] = []
      for (const key of ['a', 'b/c', 'a'])
        wrote.push(await write('PUT', `${path}/${key}`, 'value=1'))
      wrote.push(await write('DELETE', `${path}/a`))
      assert.deepEqual(await after1(stream, 4), wrote)
      // Who streams a directory hears of its end twice.
      const end = await write('DELETE', `${path}?recursive=true`)
      assert.deepEqual((await after1(stream, 6)).slice(4), [end, end])
      assert.equal(stream.ended, false)
      stream.close()
    })

    it('a stream from the past is told of one event, and of no more', async () => {
      const path = `/${uniquePrefix()}a`
      const first = await write('PUT', path, 'value=1')
      const query = `?wait=true&stream=true&waitIndex=${indexOf(first)}`
      const stream = await client().open({ path: `/v2/keys${path}${query}` })
      assert.deepEqual(await after1(stream, 1), [first])
      const later = await client().open({ path: `/v2/keys${path}?wait=true&stream=true` })
      await write('PUT', path, 'value=2')
      await after1(later, 1)
      assert.deepEqual(stream.lines, [first])
      stream.close()
      later.close()
    })

    it('an event of the past is taken for that of any key whose name it begins', async () => {
      const path = `/${uniquePrefix()}dd`
      await write('PUT', path, 'dir=true')
      const removal = await write('DELETE', `${path}?dir=true`)
      const asked = `/v2/keys${path}other?wait=true&waitIndex=${indexOf(removal)}`
      assert.equal((await client().send({ path: asked })).body, `${removal}\n`)
    })

    it('173 to 176 the last thousand events are kept', async () => {
      const path = `/${uniquePrefix()}a`
      let last = ''
      for (let count = 0; count < 1001; count++) last = await write('PUT', path, `value=${count}`)
      const now = indexOf(last)
      const oldest = now - 999
      const ask = (index: number) =>
        client().send({ path: `/v2/keys${path}?wait=true&waitIndex=${index}` })
      assert.equal(indexOf((await ask(oldest)).body), oldest)
      const gone = await ask(oldest - 1)
      assert.deepEqual([gone.status, gone.headers['x-etcd-index']], [400, String(now)])
      assert.deepEqual(JSON.parse(gone.body), {
        errorCode: 401,
        message: 'The event in requested index is outdated and cleared',
        cause: `the requested history has been cleared [${oldest}/${oldest - 1}]`,
        index: now,
      })
    })
  },
  v2Suite,
)
