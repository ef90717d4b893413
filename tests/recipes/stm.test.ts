// Transactions in plain code: what each isolation promises, on every kind of server.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Isolation, json, prefix, stm } from 'etcdkit'
import { etcdErrorOf, rejectionOf } from '../behaviour/support/rejections.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

forEachServer('stm', (server) => {
  failOnLeaks()

  it('lessons D3, 1.22: a transfer between keys of different age commits at the first try', async () => {
    await using etcd = server.connect()
    const accounts = etcd.keyspace(uniquePrefix(), json<number>())
    await accounts.put('old', 100)
    for (let index = 0; index < 5; index++) await etcd.put(`${uniquePrefix()}x`, '')
    await accounts.put('new', 100)
    let tries = 0
    await stm(accounts, async (txn) => {
      tries++
      const [from = 0, to = 0] = await Promise.all([txn.get('old'), txn.get('new')])
      txn.put('old', from - 10)
      txn.put('new', to + 10)
    })
    assert.equal(tries, 1)
    assert.equal((await accounts.get('old'))?.value, 90)
    assert.equal((await accounts.get('new'))?.value, 110)
  })

  it('lessons 1.22: a hundred concurrent transfers conserve the sum', async () => {
    await using etcd = server.connect()
    const accounts = etcd.keyspace(uniquePrefix(), json<number>())
    const names = Array.from({ length: 20 }, (_, index) => `account ${index}`)
    for (const name of names) await accounts.put(name, 100)
    const isolations: readonly Isolation[] = [
      'serializable-snapshot',
      'serializable',
      'repeatable-reads',
    ]
    const transfers = Array.from({ length: 100 }, (_, index) =>
      stm(
        accounts,
        async (txn) => {
          const from = names[index % 20] ?? ''
          const to = names[(index + 1 + (index % 3)) % 20] ?? ''
          const balance = (await txn.get(from)) ?? 0
          const other = (await txn.get(to)) ?? 0
          txn.put(from, balance - 1)
          txn.put(to, other + 1)
        },
        { timeoutMs: 60_000, isolation: isolations[index % 3] },
      ),
    )
    await Promise.all(transfers)
    const { entries } = await accounts.list(prefix(''))
    assert.equal(
      entries.reduce((sum, { value }) => sum + value, 0),
      2000,
    )
    assert.equal(
      entries.reduce((sum, { version }) => sum + version, 0),
      220,
    )
  })

  it('a range that was read guards against what is new in it, changed, and gone', async () => {
    const changes = ['new', 'changed', 'gone'] as const
    for (const change of changes) {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('r/1', '1')
      await keys.put('r/2', '2')
      const seen: string[] = []
      await stm(keys, async (txn) => {
        const entries = await txn.list(prefix('r/'))
        seen.push(entries.map(({ key, value }) => `${key}=${value}`).join())
        if (seen.length === 1) {
          if (change === 'new') await keys.put('r/3', '3')
          if (change === 'changed') await keys.put('r/1', '1!')
          if (change === 'gone') await keys.delete('r/2')
        }
        txn.put('count', String(entries.length))
      })
      const after = { new: 'r/1=1,r/2=2,r/3=3', changed: 'r/1=1!,r/2=2', gone: 'r/1=1' }[change]
      assert.deepEqual(seen, ['r/1=1,r/2=2', after])
    }
  })

  it('its own writes are visible to a transaction, and to nobody else before it commits', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix(), json<number>())
    await keys.put('a', 1)
    await stm(keys, async (txn) => {
      txn.put('b', 2)
      txn.delete('a')
      assert.equal(await txn.get('b'), 2)
      assert.equal(await txn.get('a'), undefined)
      assert.equal(await txn.revision('b'), 0)
      const entries = await txn.list(prefix(''))
      assert.deepEqual(
        entries.map(({ key, value }) => [key, value]),
        [['b', 2]],
      )
      assert.equal((await keys.get('a'))?.value, 1)
      assert.equal(await keys.get('b'), undefined)
    })
    assert.equal(await keys.get('a'), undefined)
    assert.equal((await keys.get('b'))?.value, 2)
  })

  it('snapshot isolations read at one revision; others see what is committed in between', async () => {
    const expected: Record<Isolation, [string | undefined, string | undefined, number]> = {
      'serializable-snapshot': ['old', 'old', 2],
      serializable: ['old', 'old', 2],
      'repeatable-reads': ['old', 'new', 2],
      'read-committed': ['new', 'new', 1],
    }
    for (const [isolation, [again, other, tries]] of Object.entries(expected)) {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      await keys.put('a', 'old')
      await keys.put('b', 'old')
      const seen: (string | undefined)[][] = []
      await stm(
        keys,
        async (txn) => {
          await txn.get('a')
          if (seen.length === 0) {
            await keys.put('a', 'new')
            await keys.put('b', 'new')
          }
          seen.push([await txn.get('a'), await txn.get('b')])
          txn.put('c', '')
        },
        { isolation: isolation as Isolation },
      )
      assert.deepEqual(seen[0], [again, other], isolation)
      assert.equal(seen.length, tries, isolation)
    }
  })

  it('only serializable-snapshot guards what is written but not read', async () => {
    for (const [isolation, tries] of [
      ['serializable-snapshot', 2],
      ['serializable', 1],
    ] as const) {
      await using etcd = server.connect()
      const keys = etcd.keyspace(uniquePrefix())
      let tried = 0
      await stm(
        keys,
        async (txn) => {
          await txn.get('a')
          if (tried++ === 0) await keys.put('w', 'theirs')
          txn.put('w', 'mine')
        },
        { isolation, prefetch: ['a'] },
      )
      assert.equal(tried, tries, isolation)
    }
  })

  it('a task that throws writes nothing, and its error is thrown as it is', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const reason = new Error('mine')
    const failed = stm(keys, (txn) => {
      txn.put('a', '1')
      throw reason
    })
    assert.equal(await rejectionOf(failed), reason)
    assert.equal(await keys.get('a'), undefined)
  })

  it('conflicts without end are ended by timeoutMs and signal', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    const contended = async (txn: {
      get(key: string): Promise<unknown>
      put(key: string, value: string): void
    }): Promise<void> => {
      await txn.get('a')
      await keys.put('a', 'theirs')
      txn.put('a', 'mine')
    }
    await etcdErrorOf(stm(keys, contended, { timeoutMs: 100 }), 'deadline-exceeded')
    const signal = AbortSignal.abort('no')
    assert.equal(await rejectionOf(stm(keys, contended, { signal })), 'no')
    assert.equal((await keys.get('a'))?.value, 'theirs')
  })

  it('a snapshot that is compacted meanwhile is taken anew', async () => {
    await using etcd = server.connect()
    const keys = etcd.keyspace(uniquePrefix())
    await keys.put('b', '1')
    let tries = 0
    const value = await stm(keys, async (txn) => {
      await txn.get('a')
      if (tries++ === 0) await etcd.compact((await keys.put('b', '2')).revision)
      return txn.get('b')
    })
    assert.equal(value, '2')
    assert.equal(tries, 2)
  })

  it('bad input is told before anything is sent', async () => {
    await using etcd = server.connect()
    // @ts-expect-error: there is no such isolation
    const options: { isolation: Isolation } = { isolation: 'none' }
    const nothing = stm(etcd, () => 1, options)
    await assert.rejects(nothing, { name: 'TypeError', message: /isolation is one of/ })
    // @ts-expect-error: no task
    await assert.rejects(stm(etcd), { name: 'TypeError' })
    await assert.rejects(
      stm(etcd, (txn) => txn.get('')),
      { name: 'TypeError', message: /the key is empty/ },
    )
  })
})
