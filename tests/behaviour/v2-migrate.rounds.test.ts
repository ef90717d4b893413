// `migrate` at size: 100,000 keys, each looked at.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { everything } from 'etcdkit'
import { migrate } from 'etcdkit/v2'
import { forEachServer } from '../support/suites.ts'
import { contents, fill, openWorld } from './support/v2-tree.ts'

forEachServer(
  'v2 migrate at size',
  (server) => {
    it('100,000 keys are in v3 as they were in v2', async () => {
      await using world = openWorld(server)
      const { v2, v3 } = world
      const count = 100_000
      const expected = await fill(v2, count)
      const { copied } = await migrate(v2, v3, { timeoutMs: 60_000 })
      assert.deepEqual([copied, await v3.count(everything)], [count, count])
      const found = await contents(v3)
      assert.equal(found.size, count)
      for (const [key, value] of expected) assert.equal(found.get(key), value, key)
    })
  },
  { v2: true, only: ['etcd 3.5'] },
)
