// Recorded sessions, cut and damaged in any way: no uncaught error, no hang, every stream settles once.

import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import fc from 'fast-check'
import { startEtcd } from '../../../../tests/support/etcd-server.ts'
import { describeWith, etcdRequirement } from '../../../../tests/support/suites.ts'
import { MemorySession } from './memory-session.ts'
import { chunking, cut, isWhole, mutations } from './mutation.ts'
import { type Recording, recordNodeSession, recordSession } from './recording.ts'
import type { TestStream } from './test-client.ts'

const runs = Number(process.env.ETCDKIT_FUZZ_RUNS ?? 1500)

/** Plays bytes to a session with as many open streams as were recorded, then ends the connection. */
async function replay(
  { streams: count }: Recording,
  bytes: Buffer,
  lengths: readonly number[],
): Promise<{
  readonly peer: MemorySession
  readonly streams: readonly TestStream[]
  readonly sent: number
}> {
  const peer = new MemorySession()
  const streams = Array.from({ length: count }, (_, index) => {
    const stream = peer.open(Buffer.alloc(100), index % 2 === 0)
    // Some read nothing, as a caller might who is busy elsewhere.
    stream.consumes = index % 3 !== 0
    return stream
  })
  await peer.written()
  // As from a socket: one buffer, used again for each chunk.
  const lent = Buffer.alloc(Math.max(...lengths))
  for (const chunk of cut(bytes, lengths)) {
    lent.fill(0xee)
    chunk.copy(lent)
    peer.session.receive(lent, chunk.length)
  }
  const sent = (await peer.written()).reduce((sum, { payload }) => sum + payload.length + 9, 0)
  peer.session.disconnected()
  return { peer, streams, sent }
}

/** What became of the streams, for comparison. */
function outcomes(streams: readonly TestStream[]): Promise<unknown[]> {
  return Promise.all(
    streams.map(async (stream) => {
      const outcome = await stream.outcome
      const end = outcome.kind === 'ended' ? 'ended' : outcome.error.message
      return [end, stream.sections, stream.body]
    }),
  )
}

function declareReplays(record: () => Promise<Recording>): void {
  let recording: Recording
  before(async () => {
    recording = await record()
    assert(isWhole(recording.bytes))
  })

  it('ends every stream of a session cut anywhere in the same way', async () => {
    const whole = await replay(recording, recording.bytes, [recording.bytes.length])
    const expected = await outcomes(whole.streams)
    assert(expected.some((outcome) => JSON.stringify(outcome).includes('"ended"')))
    const property = fc.asyncProperty(chunking, async (lengths) => {
      const { streams } = await replay(recording, recording.bytes, lengths)
      assert.deepEqual(await outcomes(streams), expected)
    })
    await fc.assert(property, { numRuns: 50 })
  })

  it('settles every stream once, whatever is done to the bytes, and however they are cut', async () => {
    const property = fc.asyncProperty(mutations, chunking, async (mutate, lengths) => {
      const bytes = mutate(recording.bytes)
      const { peer, streams, sent } = await replay(recording, bytes, lengths)
      for (const stream of streams) {
        assert.equal(stream.settled, true)
        assert.deepEqual(stream.late, [])
      }
      assert.deepEqual(peer.events, ['ready', 'draining', 'close'])
      assert.deepEqual([peer.session.activeStreams, peer.holds, peer.ends], [0, false, 1])
      // An answer is at most as long as what it answers; RST_STREAM and WINDOW_UPDATE for a stream come on top.
      assert(sent <= bytes.length + 5000, `${sent} bytes sent for ${bytes.length}`)
      const other = await replay(recording, bytes, [bytes.length + 1])
      assert.deepEqual(await outcomes(streams), await outcomes(other.streams))
    })
    await fc.assert(property, { numRuns: runs })
  })
}

describe('a session recorded from node:http2', () => {
  declareReplays(recordNodeSession)
})

describeWith(etcdRequirement('3.5'), 'a recorded session', () => {
  declareReplays(async () => {
    await using etcd = await startEtcd({ version: '3.5' })
    return await recordSession(Number(new URL(etcd.endpoints[0] ?? '').port))
  })
})
