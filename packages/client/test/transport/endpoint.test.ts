// What an endpoint's text means, and what is no endpoint.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseEndpoint, parseEndpoints } from '../../src/transport/endpoint.ts'

describe('parseEndpoint', () => {
  const hosts: readonly (readonly [
    text: string,
    url: string,
    host: string,
    port: number,
    secure: boolean | undefined,
    authority: string,
  ])[] = [
    ['http://127.0.0.1:2379', 'http://127.0.0.1:2379', '127.0.0.1', 2379, false, '127.0.0.1:2379'],
    [
      'https://etcd.example:443',
      'https://etcd.example:443',
      'etcd.example',
      443,
      true,
      'etcd.example:443',
    ],
    [
      'http://etcd.example:80',
      'http://etcd.example:80',
      'etcd.example',
      80,
      false,
      'etcd.example:80',
    ],
    [
      'http://etcd.example',
      'http://etcd.example:2379',
      'etcd.example',
      2379,
      false,
      'etcd.example:2379',
    ],
    ['http://etcd.example:1/', 'http://etcd.example:1', 'etcd.example', 1, false, 'etcd.example:1'],
    ['HTTP://Etcd.Example:1', 'http://etcd.example:1', 'etcd.example', 1, false, 'etcd.example:1'],
    ['  http://a:1  ', 'http://a:1', 'a', 1, false, 'a:1'],
    [
      'etcd.example:1234',
      'etcd.example:1234',
      'etcd.example',
      1234,
      undefined,
      'etcd.example:1234',
    ],
    ['etcd.example', 'etcd.example:2379', 'etcd.example', 2379, undefined, 'etcd.example:2379'],
    ['localhost:2379', 'localhost:2379', 'localhost', 2379, undefined, 'localhost:2379'],
    ['http://[::1]:2379', 'http://[::1]:2379', '::1', 2379, false, '[::1]:2379'],
    ['[::1]:2379', '[::1]:2379', '::1', 2379, undefined, '[::1]:2379'],
    ['http://[::1]', 'http://[::1]:2379', '::1', 2379, false, '[::1]:2379'],
    ['[::1]', '[::1]:2379', '::1', 2379, undefined, '[::1]:2379'],
  ]
  for (const [text, url, host, port, secure, authority] of hosts) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseEndpoint(text), { url, target: { host, port }, secure, authority })
    })
  }

  for (const [text, url, path, secure] of [
    ['unix:///run/etcd.sock', 'unix:///run/etcd.sock', '/run/etcd.sock', undefined],
    ['unix:/run/etcd.sock', 'unix:///run/etcd.sock', '/run/etcd.sock', undefined],
    ['unix:etcd.sock', 'unix://etcd.sock', 'etcd.sock', undefined],
    ['unixs:///run/etcd.sock', 'unixs:///run/etcd.sock', '/run/etcd.sock', true],
    ['unix://localhost:0123', 'unix://localhost:0123', 'localhost:0123', undefined],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseEndpoint(text), {
        url,
        target: { path },
        secure,
        authority: 'localhost',
      })
    })
  }

  for (const text of [
    '',
    '   ',
    'unix:',
    'unix://',
    'ftp://etcd.example',
    'etcd://etcd.example',
    'http://',
    'http://etcd.example/path',
    'http://etcd.example?query',
    'http://etcd.example#hash',
    'http://user@etcd.example',
    'http://user:secret@etcd.example',
    'http://etcd.example:port',
    'http://etcd.example:65536',
    'etcd example',
    '::1',
    ':2379',
    'http://a:1,http://b:2',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.throws(() => parseEndpoint(text), TypeError)
    })
  }

  it('does not show a password that does not belong there', () => {
    assert.throws(
      () => parseEndpoint('http://user:secret@etcd.example'),
      (error: Error) => !error.message.includes('secret'),
    )
  })
})

describe('parseEndpoints', () => {
  const urls = (endpoints: string | readonly string[]) =>
    parseEndpoints(endpoints).map((endpoint) => endpoint.url)

  it('splits a list, and takes an array', () => {
    assert.deepEqual(urls('http://a:1,http://b:2'), ['http://a:1', 'http://b:2'])
    assert.deepEqual(urls(['http://a:1', 'b']), ['http://a:1', 'b:2379'])
  })

  it('takes the same endpoint once', () => {
    assert.deepEqual(urls(['http://a:2379', 'http://a', 'http://A:2379/']), ['http://a:2379'])
  })

  it('refuses none, and anything in it that is no endpoint', () => {
    for (const endpoints of ['', [], ['http://a', ''], 'http://a,']) {
      assert.throws(() => parseEndpoints(endpoints), TypeError)
    }
    // Wrong types, as JavaScript may give them.
    for (const endpoints of [5, null, {}, [5]] as unknown as string[]) {
      assert.throws(() => parseEndpoints(endpoints), TypeError)
    }
  })
})
