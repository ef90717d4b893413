// A transport whose server sends damaged bytes: every promise settles, with an EtcdError where it fails.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { EtcdError, KV, Watch } from '@etcdkit/protocol'
import fc from 'fast-check'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { chunking, cut, mutations } from '../../http2/mutation.ts'
import { type Recording, recordNodeSession } from '../../http2/recording.ts'
import { within } from '../../http2/within.ts'
import { GrpcPeer } from './grpc-peer.ts'

const runs = Number(process.env.ETCDKIT_FUZZ_RUNS ?? 120)

describe('a transport that is sent damaged bytes', () => {
  failOnLeaks()
  let recording: Recording
  before(async () => {
    recording = await recordNodeSession()
  })

  /** Makes as many calls as were recorded, replays bytes to them, ends the connection, closes the transport. */
  async function play(bytes: Buffer, lengths: readonly number[]): Promise<unknown[]> {
    await using grpc = await GrpcPeer.listen()
    const { transport } = grpc
    const calls: Promise<unknown>[] = Array.from({ length: recording.streams - 1 }, (_, index) =>
      index % 2 === 0 ? transport.unary(KV.put, {}) : transport.unary(KV.range, {}),
    )
    calls.push(transport.stream(Watch.watch)[Symbol.asyncIterator]().next())
    const outcomes = Promise.all(
      calls.map((call) =>
        call.then(
          () => undefined,
          (reason: unknown) => reason,
        ),
      ),
    )
    const server = await grpc.accept()
    for (const chunk of cut(bytes, lengths)) server.send(chunk)
    server.halfClose()
    await server.ended()
    await transport.close()
    return within(outcomes, 'the end of every call')
  }

  it('answers all calls where the bytes are whole', async () => {
    const outcomes = await play(recording.bytes, [recording.bytes.length])
    assert(outcomes.some((outcome) => outcome === undefined))
  })

  it('settles every call, whatever is done to the bytes', async () => {
    const property = fc.asyncProperty(mutations, chunking, async (mutate, lengths) => {
      const outcomes = await play(mutate(recording.bytes), lengths)
      for (const outcome of outcomes) {
        assert(outcome === undefined || outcome instanceof EtcdError, String(outcome))
      }
    })
    await fc.assert(property, { numRuns: runs })
  })
})
