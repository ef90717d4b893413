// What is left of a client that was closed: nothing that keeps a process alive, and nothing in memory.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Etcd, everything, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { ChildProgram } from './support/child-program.ts'
import { etcdErrorOf } from './support/rejections.ts'
import { startProxy } from './support/tcp-proxy.ts'

const program = new URL('support/closing-program.ts', import.meta.url)

forEachServer(
  'closed client',
  (server) => {
    failOnLeaks()

    for (const door of ['gRPC', 'gateway']) {
      it(`lessons 1.24, D9: close leaves no socket, no timer and no object, and the process ends by itself: ${door}`, async () => {
        const words = [server.endpoints[0] ?? '', uniquePrefix(), door]
        await using child = new ChildProgram(program, words, ['--expose-gc'])
        assert.deepEqual(await child.end(), ['resources []', 'alive 0'])
      })
    }

    it('close that revokes leases leaves none behind whose grant was under way, released or not', async () => {
      await using proxy = await startProxy(server.endpoints[0] ?? '')
      await using direct = new Etcd([...server.endpoints])
      const etcd = new Etcd({ endpoints: proxy.endpoint, timeoutMs: 20_000 })
      const before = await direct.leases.list()
      await etcd.get('a')
      proxy.holdAnswers()
      const controller = new AbortController()
      const grants = [
        etcd.lease({ ttlSeconds: 600 }),
        etcd.lease({ ttlSeconds: 600, signal: controller.signal }),
      ]
      const ends = Promise.allSettled(grants)
      const isThere = async (): Promise<boolean> =>
        (await direct.leases.list()).length === before.length + 2
      await pollUntil(isThere, { what: 'both leases to be granted', deadlineMs: 30_000 })
      controller.abort('enough')
      const closing = etcd.close({ revokeLeases: true })
      const reasons = (await ends).map((end) => end.status === 'rejected' && end.reason)
      assert.deepEqual([reasons[0].code, reasons[1]], ['closed', 'enough'])
      proxy.release()
      await closing
      assert.deepEqual(await direct.leases.list(), before)
    })

    it('lessons D9: everything asked of a closed client is refused as closed', async () => {
      const etcd = new Etcd([...server.endpoints])
      await etcd.get('a')
      await Promise.all([etcd.close(), etcd.close()])
      await etcd.close()
      for (const call of [
        etcd.get('a'),
        etcd.list(everything),
        etcd.txn({ then: [] }),
        etcd.lease({ ttlSeconds: 10 }),
        etcd.sync(),
        etcd.scan(everything).next(),
        etcd.watch(prefix('a')).ready,
        etcd.watch(prefix('a'))[Symbol.asyncIterator]().next(),
        etcd.leases.list(),
      ]) {
        await etcdErrorOf(Promise.resolve(call), 'closed')
      }
      assert.equal((await etcdErrorOf(etcd.put('a', '1'), 'closed')).outcome, 'not-applied')
      for await (const event of etcd.events()) assert.fail(event.type)
      etcd.setEndpoints('http://127.0.0.1:1')
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.5'] },
)
