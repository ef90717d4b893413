// A client whose process stands still for longer than its lease, and then goes on.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Etcd } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { ChildProgram } from './support/child-program.ts'
import { startProxy } from './support/tcp-proxy.ts'

const program = new URL('support/watching-program.ts', import.meta.url)

forEachServer(
  'paused client',
  (server) => {
    failOnLeaks()

    for (const [name, cut] of [
      ['its connection is there', false],
      ['its connection is gone', true],
    ] as const) {
      it(`lessons 1.6: a process that was stopped wakes and recovers: ${name}`, async () => {
        await using proxy = await startProxy(server.endpoints[0] ?? '')
        await using direct = new Etcd([...server.endpoints])
        const at = uniquePrefix()
        await using child = new ChildProgram(program, [proxy.endpoint, at])
        await child.until('ready')
        await direct.put(`${at}n/1`, 'one')
        await child.until('saw n/1 one')

        child.stop()
        if (cut) proxy.cut()
        for (let n = 2; n < 20; n++) await direct.put(`${at}n/${n}`, `${n}`)
        const expired = async (): Promise<boolean> => (await direct.get(`${at}lease`)) === undefined
        await pollUntil(expired, { what: 'the lease to expire', deadlineMs: 30_000 })
        child.resume()

        await child.until('lost ')
        await direct.put(`${at}n/last`, 'last')
        await child.until('closed')
        const lines = await child.end()
        const seen = lines.filter((line) => line.startsWith('saw ')).map((line) => line.slice(6))
        const between = Array.from({ length: 18 }, (_, n) => `${n + 2} ${n + 2}`)
        assert.deepEqual(seen, ['1 one', ...between, 'last last'])
        assert.equal((await direct.get(`${at}echo`))?.value, 'last')
        assert.ok(lines.includes('closed []'), lines.at(-1))
      })
    }
  },
  { only: ['etcd 3.5'] },
)
