// Progress notifications, on servers told to send them often.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Etcd } from 'etcdkit'
import { failOnLeaks } from '../../support/leaks.ts'
import { forEachServer } from '../../support/suites.ts'
import { uniquePrefix } from '../../support/unique-prefix.ts'

forEachServer(
  'client watch progress',
  (server) => {
    failOnLeaks()

    it('watch.batches tells progress while nothing happens, if asked', async () => {
      await using etcd = new Etcd(server.endpoints)
      const keys = etcd.keyspace(uniquePrefix())
      const watch = keys.watch('a', { progressNotify: true })
      await watch.ready
      const { revision } = await keys.put('other', '1')
      for await (const batch of watch.batches()) {
        assert.equal(batch.kind, 'progress')
        assert.deepEqual(batch.events, [])
        if (batch.revision === revision) break
      }
    })
  },
  { flags: ['--experimental-watch-progress-notify-interval=100ms'] },
)
