// Suites run on every server there is, and what was left out is told.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { requestMember } from './http.ts'
import { summarizeSuites } from './suite-report.ts'
import { forEachServer } from './suites.ts'
import { uniquePrefix } from './unique-prefix.ts'

forEachServer('forEachServer', (server) => {
  it('forEachServer starts a server for the suite', async () => {
    const [endpoint] = server.endpoints
    assert.ok(endpoint)
    const { body } = await requestMember({ endpoint }, '/version')
    assert.equal(JSON.parse(body).etcdserver, server.version)
  })
})

describe('summarizeSuites', () => {
  it('summarizeSuites counts suites by server and lists what was left out', () => {
    const records = [
      { suite: 'kv', server: 'etcd 3.5', version: '3.5.30' },
      { suite: 'watch', server: 'etcd 3.5', version: '3.5.30' },
      { suite: 'watch', server: 'etcd 3.5', version: '3.5.30' },
      { suite: 'kv', server: 'etcd 3.4', leftOut: 'no etcd 3.4' },
    ]
    assert.deepEqual(summarizeSuites(records), [
      'suites on etcd 3.5 (3.5.30): 2 ran',
      'suite "kv" on etcd 3.4: left out, no etcd 3.4',
    ])
  })
})

it('uniquePrefix never gives one twice, nor the start of another', () => {
  const prefixes = Array.from({ length: 20 }, uniquePrefix)
  for (const one of prefixes) {
    assert.equal(prefixes.filter((other) => other.startsWith(one)).length, 1)
  }
})
