// A member that is cut off from its cluster, and still reached by clients: reads and watches go to the others.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Etcd, EtcdError, prefix } from 'etcdkit'
import { failOnLeaks } from '../support/leaks.ts'
import { pollUntil } from '../support/poll.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { PartitionedEtcd } from './support/partitioned-etcd.ts'

describeWith(etcdRequirement('3.5'), 'partition', () => {
  failOnLeaks()

  it('a member that is cut off: reads are answered by others, watches and leases move, nothing is lost', async () => {
    await using cluster = await PartitionedEtcd.start()
    // All that it holds begins at the member that will be cut off.
    const [cut = '', ...others] = cluster.endpoints
    await using etcd = new Etcd({ endpoints: cut, timeoutMs: 60_000 })
    await using direct = new Etcd({ endpoints: others, timeoutMs: 60_000 })
    const at = uniquePrefix()
    // A read is repeated until there is a leader, which a put may not be.
    await direct.get(at)
    await etcd.put(`${at}n/0`, '0')
    const { members } = await direct.cluster.list()
    const id = members.find(({ clientUrls }) => clientUrls.includes(cut))?.id ?? ''
    await using watch = etcd.watch(prefix(`${at}n/`), { from: 1 })
    await watch.ready
    await using lease = await etcd.lease({ ttlSeconds: 30 })
    await lease.keepAliveOnce()
    etcd.setEndpoints(cluster.endpoints)
    {
      using _partition = cluster.cutOff(0, id)
      const isAlone = async (): Promise<boolean> => {
        const { leader } = await direct.maintenance.status({ endpoint: cut })
        return leader === undefined || /^0*$/.test(leader)
      }
      const repeated = new Set<string>()
      const writing = (async () => {
        for (let n = 1; n < 30; n++) {
          if ((await putSurely(direct, `${at}n/${n}`, `${n}`)) > 1) repeated.add(`${n}`)
        }
      })()
      await pollUntil(isAlone, { what: 'the member to miss its leader', deadlineMs: 30_000 })
      await writing
      await putSurely(direct, `${at}last`, 'x')
      const last = await direct.get(`${at}last`)
      const reads = Array.from({ length: 30 }, () => etcd.get(`${at}last`))
      for (const entry of await Promise.all(reads)) assert.deepEqual(entry, last)
      const seen: string[] = []
      for await (const { value = '' } of watch) {
        // What was put again may have been written twice, and nothing else may.
        if (!repeated.has(value) || !seen.includes(value)) seen.push(value)
        if (value === '29') break
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 30 }, (_, n) => `${n}`),
      )
      await lease.keepAliveOnce()
      assert.equal(lease.signal.aborted, false)
    }
  })
})

/**
 * Puts a value, and again while a member answers that it cannot tell the outcome, as one does that has just lost its
 * leader. Resolves with how often.
 */
async function putSurely(etcd: Etcd, key: string, value: string): Promise<number> {
  for (let tries = 1; ; tries++) {
    try {
      await etcd.put(key, value)
      return tries
    } catch (error) {
      if (!(error instanceof EtcdError) || error.outcome !== 'unknown' || tries === 5) throw error
    }
  }
}
