// What went wrong below, as the error a caller sees: its code, what is known of a write, and whether to try again.

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CompactedError, EtcdError, KV, Watch } from '@etcdkit/protocol'
import { ConnectError } from '../../src/http2/connect.ts'
import { ErrorCode } from '../../src/http2/constants.ts'
import { connectionError, Http2Error, resetByPeer } from '../../src/http2/errors.ts'
import {
  asPossiblyApplied,
  closedError,
  deadlineExceeded,
  failureOfStatus,
  notConnected,
} from '../../src/transport/failure.ts'
import { failureOfContent, failureOfHttp2 } from '../../src/transport/grpc/failure.ts'
import { FramingError } from '../../src/transport/grpc/framing.ts'

const endpoint = 'http://etcd.example:2379'

/** A connection that broke, or was ended by GOAWAY. */
function broken(byPeer: boolean, errorCode: number, unprocessed = false): Http2Error {
  return new Http2Error('it broke', { scope: 'connection', errorCode, byPeer, unprocessed })
}

describe('failureOfHttp2', () => {
  const { noError, protocolError } = ErrorCode
  const table: readonly (readonly [
    name: string,
    cause: Http2Error,
    code: string,
    transient: boolean,
  ])[] = [
    ['a broken connection', broken(false, noError), 'connection-lost', true],
    [
      'a broken connection, before the call was sent',
      broken(false, noError, true),
      'unavailable',
      true,
    ],
    ['GOAWAY', broken(true, ErrorCode.enhanceYourCalm), 'connection-lost', true],
    ['GOAWAY below the call', broken(true, noError, true), 'unavailable', true],
    ['a connection error of ours', connectionError(protocolError, 'bad'), 'protocol-error', false],
    [
      'a stream error of ours',
      new Http2Error('bad', { scope: 'stream', errorCode: protocolError }),
      'protocol-error',
      false,
    ],
    // gRPC's PROTOCOL-HTTP2.md, "HTTP2 Transport Mapping", "Errors".
    ['NO_ERROR', resetByPeer(noError), 'internal', false],
    ['PROTOCOL_ERROR', resetByPeer(protocolError), 'internal', false],
    ['INTERNAL_ERROR', resetByPeer(ErrorCode.internalError), 'internal', false],
    ['FLOW_CONTROL_ERROR', resetByPeer(ErrorCode.flowControlError), 'internal', false],
    ['REFUSED_STREAM', resetByPeer(ErrorCode.refusedStream), 'unavailable', true],
    ['CANCEL', resetByPeer(ErrorCode.cancel), 'canceled', false],
    ['COMPRESSION_ERROR', resetByPeer(ErrorCode.compressionError), 'internal', false],
    ['ENHANCE_YOUR_CALM', resetByPeer(ErrorCode.enhanceYourCalm), 'resource-exhausted', false],
    ['INADEQUATE_SECURITY', resetByPeer(ErrorCode.inadequateSecurity), 'permission-denied', false],
    ['a code nobody knows', resetByPeer(0xbad), 'internal', false],
  ]
  for (const [name, cause, code, transient] of table) {
    it(`makes ${code} of ${name}`, () => {
      const failure = failureOfHttp2(KV.put, endpoint, cause)
      assert.deepEqual(
        [failure.error.code, failure.transient, failure.unprocessed],
        [code, transient, cause.unprocessed],
      )
      assert.equal(failure.error.outcome, cause.unprocessed ? 'not-applied' : 'unknown')
      assert.deepEqual([failure.error.endpoint, failure.error.cause], [endpoint, cause])
      assert.equal(failureOfHttp2(KV.range, endpoint, cause).error.outcome, undefined)
    })
  }
})

describe('failureOfStatus', () => {
  it("gives the fact without etcd's prefix, and a compacted revision its own class", () => {
    const message = 'etcdserver: mvcc: required revision has been compacted'
    const { error } = failureOfStatus(KV.range, endpoint, { status: 11, message })
    assert(error instanceof CompactedError)
    assert.equal(error.message, 'required revision has been compacted')
  })

  it('has a message where the server had none', () => {
    const { error } = failureOfStatus(KV.range, endpoint, { status: 13, message: '' })
    assert.deepEqual(
      [error.code, error.message],
      ['internal', 'the server answered with gRPC status 13'],
    )
  })

  it('is transient when the server is unavailable, and only then', () => {
    for (let status = 1; status <= 17; status++) {
      assert.equal(
        failureOfStatus(KV.range, endpoint, { status, message: '' }).transient,
        status === 14,
      )
    }
  })
})

describe('the other failures', () => {
  it('of content tell too large, malformed and not decodable apart; a write may have been applied', () => {
    for (const [cause, code] of [
      [new FramingError('too-large', 'big'), 'message-too-large'],
      [new FramingError('malformed', 'bad'), 'protocol-error'],
      [new Error('field 1'), 'decode-failed'],
      ['thrown text', 'decode-failed'],
    ] as const) {
      const { error, transient } = failureOfContent(KV.put, endpoint, cause)
      assert.deepEqual([error.code, error.outcome, transient], [code, 'unknown', false])
    }
  })

  it('of connecting name the step and the endpoint; a write was not applied', () => {
    for (const [phase, code, step] of [
      ['dns', 'dns-failed', 'DNS'],
      ['tcp', 'tcp-failed', 'TCP'],
      ['tls', 'tls-failed', 'TLS'],
      ['http2', 'http2-failed', 'HTTP/2'],
    ] as const) {
      const error = notConnected(KV.put, endpoint, new ConnectError(phase, 'no'))
      assert.deepEqual(
        [error.code, error.outcome, error.message],
        [code, 'not-applied', `cannot connect to ${endpoint}: ${step}: no`],
      )
    }
  })

  it('of time and of closing depend on whether the call was sent', () => {
    for (const sent of [true, false]) {
      const outcome = sent ? 'unknown' : 'not-applied'
      assert.equal(deadlineExceeded(KV.put, 5, undefined, sent).outcome, outcome)
      assert.equal(closedError(KV.put, sent).outcome, outcome)
      assert.equal(closedError(KV.range, sent).outcome, undefined)
      assert.equal(closedError(Watch.watch, sent).outcome, outcome)
    }
  })
})

describe('asPossiblyApplied', () => {
  it('turns "not applied" to "unknown", and leaves everything else as it is', () => {
    const refused = new EtcdError('no', { code: 'no-leader', outcome: 'not-applied', endpoint })
    const changed = asPossiblyApplied(refused)
    assert(changed instanceof EtcdError)
    assert.deepEqual(
      [changed.code, changed.message, changed.outcome, changed.endpoint, changed.cause],
      ['no-leader', 'no', 'unknown', endpoint, refused],
    )
    const unknown = new EtcdError('no', { code: 'timeout', outcome: 'unknown' })
    const reason = new Error('aborted')
    for (const each of [unknown, reason, undefined]) assert.equal(asPossiblyApplied(each), each)
  })
})
