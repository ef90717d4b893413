// What is left of a range, as one stream: from where the reading stands to where the stream ends or breaks off.

import {
  type CallOptions,
  EtcdError,
  type MessageInit,
  type RangeRequest,
  type RangeResponse,
  type Transport,
} from '@etcdkit/protocol'
import { concatBytes, zeroByte } from './bytes.ts'
import { isTokenRefusal, isTransient } from './failure.ts'
import type { Span } from './scope.ts'
import { rangeStreamMethod } from './viewing-methods.ts'

// Servers before 3.8 do not have it. Found out once for a client, which has a transport of its own.
const withoutStreams = /* @__PURE__ */ new WeakSet<Transport>()

/** Where the next piece begins and ends, and how many keys to ask for. */
export interface Place extends Span {
  readonly limit: number
  readonly revision: number | undefined
  /** Keys still wanted. */
  readonly left: number
}

/** Where a stream has led. */
export interface Streamed {
  /** What is left to read; `undefined` if nothing is. */
  readonly place: Place | undefined
  /** Whether another stream may be asked for. */
  readonly streamable: boolean
}

/**
 * The pieces of what is left at `place`, whose revision is known. A stream that breaks off is no error: what was not
 * read yet is told, to be read otherwise. Throws what no other way of reading would mend.
 */
export async function* streamRange(
  transport: Transport,
  filters: MessageInit<RangeRequest>,
  place: Place,
  options: () => CallOptions,
): AsyncGenerator<RangeResponse, Streamed, undefined> {
  if (withoutStreams.has(transport)) return { place, streamable: false }
  const { revision } = place
  let { key } = place
  const call = options()
  try {
    const stream = transport.stream(rangeStreamMethod, call)
    stream.send({ key, rangeEnd: place.rangeEnd, revision, ...filters })
    stream.end()
    for await (const { rangeResponse } of stream) {
      if (rangeResponse === undefined) continue
      yield rangeResponse
      const last = rangeResponse.kvs.at(-1)
      if (last !== undefined) key = concatBytes(last.key, zeroByte)
      // Only the last piece has one.
      if (rangeResponse.header !== undefined) return { place: undefined, streamable: true }
    }
    return { place: { ...place, key }, streamable: true }
  } catch (error) {
    return { place: { ...place, key }, streamable: mayStreamAgain(transport, call, error) }
  }
}

// Throws the error if it is about more than the stream.
function mayStreamAgain(transport: Transport, { signal }: CallOptions, error: unknown): boolean {
  if (signal?.aborted || !(error instanceof EtcdError)) throw error
  if (error.code === 'unimplemented') withoutStreams.add(transport)
  // A piece is as large as the server likes; pages can be made smaller.
  if (error.code === 'unimplemented' || error.code === 'message-too-large') return false
  // A page takes care of the token.
  if (isTransient(error) || isTokenRefusal(error)) return true
  throw error
}
