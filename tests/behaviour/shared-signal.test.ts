// One signal for many calls at once.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

forEachServer('shared signal', (server) => {
  it('a signal that many calls share is no leak to warn of, and ends them all', async () => {
    await using etcd = server.connect()
    const warnings: Error[] = []
    const note = (warning: Error): number => warnings.push(warning)
    process.on('warning', note)
    const controller = new AbortController()
    const { signal } = controller
    const key = `${uniquePrefix()}a`
    await Promise.all(Array.from({ length: 50 }, () => etcd.get(key, { signal })))
    const pending = Array.from({ length: 50 }, () => etcd.get(key, { signal }))
    const reason = new Error('enough')
    controller.abort(reason)
    for (const { status, ...rest } of await Promise.allSettled(pending)) {
      if (status === 'rejected') assert.equal('reason' in rest && rest.reason, reason)
    }
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', note)
    assert.deepEqual(warnings, [])
  })
})
