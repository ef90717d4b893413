// Answers to a watch that are larger than the client takes come in pieces, once that has turned out.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { etcdErrorOf } from './support/rejections.ts'

const megabyte = 1_000_000

forEachServer(
  'watch of large answers',
  (server) => {
    failOnLeaks()

    it('watch: an answer larger than maxMessageBytes is asked for in pieces, and nothing is lost', async () => {
      await using etcd = server.connect({ maxMessageBytes: 4 * megabyte })
      const base = uniquePrefix()
      const { revision } = await etcd.put(`${base}0`, '0')
      for (let index = 1; index <= 6; index++) {
        await etcd.put(`${base}${index}`, String(index).repeat(megabyte))
      }
      const seen: string[] = []
      for await (const event of etcd.watch(prefix(base), { from: revision })) {
        seen.push(event.value?.[0] ?? '')
        if (seen.length === 7) break
      }
      assert.deepEqual(seen, ['0', '1', '2', '3', '4', '5', '6'])
      const whole = etcd.watch(prefix(base), { from: revision, fragment: false })
      const never = (async () => {
        for await (const _ of whole);
      })()
      await etcdErrorOf(never, 'message-too-large')
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5', 'etcd 3.5 (gateway)'] },
)
