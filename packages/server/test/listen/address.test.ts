// Addresses as URLs.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { formatAddress, parseAddress } from '../../src/listen/address.ts'

it('parseAddress reads what a server can listen on', () => {
  assert.deepEqual(parseAddress('http://127.0.0.1:2379'), {
    secure: false,
    host: '127.0.0.1',
    port: 2379,
  })
  assert.deepEqual(parseAddress('https://[::1]:0/'), { secure: true, host: '::1', port: 0 })
  assert.deepEqual(parseAddress('http://:80'), { secure: false, host: '', port: 80 })
  assert.deepEqual(parseAddress('unix:///tmp/a.sock'), { secure: false, path: '/tmp/a.sock' })
  assert.deepEqual(parseAddress('unixs://localhost:1'), { secure: true, path: 'localhost:1' })
})

it('parseAddress refuses the rest', () => {
  for (const text of [
    '',
    '127.0.0.1:1',
    'ftp://a:1',
    'http://a',
    'http://a:b',
    'http://a:65536',
    'http://a:1/p',
    'unix://',
  ]) {
    assert.throws(() => parseAddress(text), TypeError, text)
  }
})

it('formatAddress gives the URL to call', () => {
  const urls = ['http://127.0.0.1:1', 'https://[::1]:2', 'unix:///a', 'unixs://b']
  assert.deepEqual(
    urls.map((url) => formatAddress(parseAddress(url))),
    urls,
  )
  assert.equal(formatAddress(parseAddress('http://0.0.0.0:1')), 'http://127.0.0.1:1')
  assert.equal(formatAddress(parseAddress('http://[::]:1')), 'http://[::1]:1')
})
