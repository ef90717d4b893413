// What runtimes throw, and which step of a request it says failed.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HttpError, httpErrorOf } from '../../src/http/http-error.ts'

/** An error as runtimes throw them. */
function thrown(message: string, properties: object = {}, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? {} : { cause }), properties)
}

describe('httpErrorOf', () => {
  const unknown = { sent: undefined, secure: true }

  // Each as it was seen: Node's fetch, undici, Bun, Deno, browsers.
  const cases: readonly [string, Error, 'dns' | 'tcp' | 'tls' | 'lost' | 'network' | 'protocol'][] =
    [
      ['a name', thrown('fetch failed', {}, thrown('getaddrinfo', { code: 'ENOTFOUND' })), 'dns'],
      ['a name, for now', thrown('x', {}, thrown('getaddrinfo', { code: 'EAI_AGAIN' })), 'dns'],
      ['a port', thrown('fetch failed', {}, thrown('', { code: 'ECONNREFUSED' })), 'tcp'],
      ['a slow port', thrown('x', {}, thrown('', { code: 'UND_ERR_CONNECT_TIMEOUT' })), 'tcp'],
      ['a port of Bun', thrown('Unable to connect', { code: 'ConnectionRefused' }), 'tcp'],
      ['a time-out', thrown('x', { code: 'ETIMEDOUT', syscall: 'connect' }), 'tcp'],
      ['a certificate', thrown('x', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), 'tls'],
      ['a name in it', thrown('x', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }), 'tls'],
      ['an issuer', thrown('x', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }), 'tls'],
      ['a reset', thrown('terminated', {}, thrown('', { code: 'ECONNRESET' })), 'lost'],
      ['a closed side', thrown('terminated', {}, thrown('', { code: 'UND_ERR_SOCKET' })), 'lost'],
      ['bytes', thrown('x', {}, thrown('bad', { name: 'HTTPParserError' })), 'protocol'],
      ['browsers', new TypeError('Failed to fetch'), 'network'],
      ['Deno', new TypeError('error sending request for url'), 'network'],
    ]
  for (const [name, error, phase] of cases) {
    it(`${name}: ${phase}`, () => {
      const found = httpErrorOf(error, unknown)
      assert.equal(found.phase, phase)
      assert.equal(found.unsent, ['dns', 'tcp', 'tls'].includes(phase))
      assert.equal(found.cause, error)
    })
  }

  it('what is known to be unsent is, whatever the code', () => {
    const reset = thrown('socket hang up', { code: 'ECONNRESET' })
    const secure = httpErrorOf(reset, { sent: false, secure: true })
    const plain = httpErrorOf(reset, { sent: false, secure: false })
    assert.deepEqual([secure.phase, secure.unsent], ['tls', true])
    assert.deepEqual([plain.phase, plain.unsent], ['tcp', true])
  })

  it('what is known to be sent is never unsent, whatever the code', () => {
    const refused = thrown('x', { code: 'ECONNREFUSED' })
    const { phase, unsent } = httpErrorOf(refused, { sent: true, secure: false })
    assert.deepEqual([phase, unsent], ['lost', false])
  })

  it('the first of several attempts says what happened', () => {
    const attempts = new AggregateError([thrown('no', { code: 'ECONNREFUSED' }), thrown('other')])
    assert.equal(httpErrorOf(thrown('fetch failed', {}, attempts), unknown).message, 'no')
  })

  it('an HttpError stays what it is, and what is no error is told', () => {
    const error = new HttpError('lost', 'gone', { unsent: false })
    assert.equal(httpErrorOf(error, unknown), error)
    assert.equal(httpErrorOf('a text', unknown).message, 'a text')
  })

  it('causes that lead in a circle come to an end', () => {
    const circle = thrown('round')
    circle.cause = circle
    assert.equal(httpErrorOf(circle, unknown).phase, 'network')
  })
})
