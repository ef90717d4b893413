// Paths of requests, as Go's ServeMux reads them.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readRequestPath } from '../../src/listen/request-path.ts'

test('readRequestPath decodes a path and reads its query', () => {
  const read = readRequestPath('/v3/kv/%72ange?a=1&b=%20?')
  assert.deepEqual([read?.path, read?.redirect], ['/v3/kv/range', undefined])
  assert.deepEqual(
    [...(read?.query ?? [])],
    [
      ['a', '1'],
      ['b', ' ?'],
    ],
  )
  assert.equal(readRequestPath('http://host:1/health?verbose')?.path, '/health')
  assert.equal(readRequestPath('/%zz'), undefined)
})

test('readRequestPath sends clients to the path without empty and dotted parts', () => {
  for (const [url, redirect] of [
    ['//v3/kv/range', '/v3/kv/range'],
    ['/v3//kv/./range?a=b?c', '/v3/kv/range?a=b?c'],
    ['/a/../../v3/', '/v3/'],
    ['/v3/kv/..', '/v3'],
    ['', '/'],
    ['//', '/'],
    ['/a%20b//', '/a%20b/'],
    ['/', undefined],
    ['/v3/', undefined],
    ['*', '/*'],
  ] as const) {
    assert.equal(readRequestPath(url)?.redirect, redirect, url)
  }
})
