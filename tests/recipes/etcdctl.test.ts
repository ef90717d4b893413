// Locks and elections exclude those of `etcdctl`, which are Go's.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { prefix } from 'etcdkit'
import { etcdctl } from '../support/etcdctl.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

forEachServer(
  'recipes beside etcdctl',
  (server) => {
    failOnLeaks()

    it('etcd.lock waits for etcdctl lock, and etcdctl lock for it', async () => {
      await using etcd = server.connect()
      const name = `${uniquePrefix()}lock`
      const [endpoint = ''] = server.endpoints
      const theirs = etcdctl(endpoint, 'lock', name)
      const key = (await theirs.says(/\n/)).trim()
      assert.ok(key.startsWith(`${name}/`))
      assert.equal(await etcd.tryLock(name), undefined)
      const waiting = etcd.lock(name)
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      await theirs[Symbol.asyncDispose]()
      const ours = await waiting
      await using again = etcdctl(endpoint, 'lock', name)
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      assert.equal(again.output, '')
      await ours.release()
      await again.says(/\n/)
    })

    it('election: candidates of etcdctl and ours take turns, and observe each other', async () => {
      await using etcd = server.connect()
      const name = `${uniquePrefix()}election`
      const [endpoint = ''] = server.endpoints
      const theirs = etcdctl(endpoint, 'elect', name, 'theirs')
      await theirs.says(/theirs\n/)
      assert.equal((await etcd.election(name).leader())?.value, 'theirs')
      await using observer = etcdctl(endpoint, 'elect', '--listen', name)
      await observer.says(/theirs\n/)
      const campaign = etcd.election(name).campaign('ours')
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      await theirs[Symbol.asyncDispose]()
      await using ours = await campaign
      await observer.says(/ours\n/)
      await ours.proclaim('ours, again')
      await observer.says(/ours, again\n/)
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'] },
)
