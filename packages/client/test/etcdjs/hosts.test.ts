import assert from 'node:assert/strict'
import { it } from 'node:test'
import { hostsOf, normalizeUrl } from '../../src/etcdjs/hosts.ts'

it('S4.3: a host without a scheme, a port, or both', () => {
  assert.equal(normalizeUrl('127.0.0.1'), 'http://127.0.0.1:4001')
  assert.equal(normalizeUrl('localhost:2379/'), 'http://localhost:2379')
  assert.equal(normalizeUrl('https://etcd.example/'), 'https://etcd.example:4001')
  assert.throws(() => normalizeUrl(1 as unknown as string), TypeError)
})

it('S4.3, S4.4: hosts from the first argument, or from any of the options', () => {
  const urls = ['http://a:1', 'http://b:4001']
  assert.deepEqual(hostsOf(undefined, {}), { urls: ['http://127.0.0.1:4001'] })
  assert.deepEqual(hostsOf(['a:1', 'b'], {}), { urls })
  assert.deepEqual(hostsOf(null, { hosts: ['a:1', 'b'] }), { urls })
  assert.deepEqual(hostsOf(null, { host: 'a:1' }), { urls: ['http://a:1'] })
  assert.throws(() => hostsOf(null, { hosts: 1 as unknown as string }), TypeError)
})

it('S4.5: a discovery URL, as the host or as the token', () => {
  const url = 'https://discovery.etcd.io/my-token'
  assert.deepEqual(hostsOf(url, {}), { discovery: url })
  assert.deepEqual(hostsOf(null, { token: 'http://own/1' }), { discovery: 'http://own/1' })
})
