// RangeStream: a range in pieces, each as large as the last one makes seem right.

import {
  type RangeRequest,
  RangeResponse,
  type RangeStreamResponse,
  SortOrder,
  SortTarget,
  statusNumbers,
} from '@etcdkit/protocol'
import { assertRangeRequest } from '../store/check-request.ts'
import type { StreamHandler, StreamSink } from './service.ts'
import { StatusError } from './status.ts'

const firstLimit = 10

/** Reads for whoever asked, and throws what they may not be told. */
export type Read = (request: RangeRequest) => RangeResponse

/** Answers one request with as many pieces as it takes. Source: etcd `server/etcdserver/v3_server.go`, RangeStream. */
export class RangeStreamHandler implements StreamHandler<RangeRequest> {
  readonly #read: Read
  readonly #sink: StreamSink<RangeStreamResponse>
  readonly #targetBytes: number
  #pieces: Pieces | undefined

  constructor(read: Read, sink: StreamSink<RangeStreamResponse>, targetBytes: number) {
    this.#read = read
    this.#sink = sink
    this.#targetBytes = targetBytes
  }

  readonly full = false

  message(request: RangeRequest): void {
    if (this.#pieces !== undefined) return
    assertStreamable(request)
    this.#pieces = new Pieces(this.#read, request, this.#targetBytes)
    this.#send(this.#pieces)
  }

  halfClose(): void {
    if (this.#pieces === undefined) this.#sink.end(noRequest)
  }

  ready(): void {
    if (this.#pieces === undefined) return
    try {
      this.#send(this.#pieces)
    } catch (error) {
      this.#sink.end(error)
    }
  }

  close(): void {
    this.#pieces?.stop()
  }

  #send(pieces: Pieces): void {
    for (let room = true; room; ) {
      const rangeResponse = pieces.next()
      if (rangeResponse === undefined) return
      room = this.#sink.message({ rangeResponse })
      if (pieces.done) this.#sink.end()
    }
  }
}

const noRequest = new StatusError({ status: statusNumbers.internal, message: 'EOF' })

/** The pieces of a range, all of one revision. */
class Pieces {
  readonly #read: Read
  readonly #targetBytes: number
  #request: RangeRequest
  /** How many keys may still come; Infinity if the request has no limit. */
  #left: number
  #limit = firstLimit
  #count: number | undefined
  #done = false

  constructor(read: Read, request: RangeRequest, targetBytes: number) {
    this.#read = read
    this.#targetBytes = targetBytes
    this.#request = request
    this.#left = request.limit > 0 ? request.limit : Number.POSITIVE_INFINITY
    // A single key, or its count, comes in one piece.
    if (request.countOnly || request.rangeEnd.length === 0) this.#limit = this.#left
  }

  get done(): boolean {
    return this.#done
  }

  stop(): void {
    this.#done = true
  }

  /** The next piece; header, count and `more` come with the last. */
  next(): RangeResponse | undefined {
    if (this.#done) return undefined
    const limit = Math.min(this.#limit, this.#left)
    const answer = this.#read({
      ...this.#request,
      limit: Number.isFinite(limit) ? limit : 0,
    })
    this.#count ??= answer.count
    this.#left -= answer.kvs.length
    if (!answer.more || this.#left === 0) {
      this.#done = true
      return { ...answer, count: this.#count }
    }
    this.#advance(answer)
    return RangeResponse.create({ kvs: answer.kvs })
  }

  #advance(answer: RangeResponse): void {
    const last = answer.kvs.at(-1)?.key ?? this.#request.key
    const revision =
      this.#request.revision > 0 ? this.#request.revision : (answer.header?.revision ?? 0)
    this.#request = { ...this.#request, key: Uint8Array.of(...last, 0), revision }
    const bytes = RangeResponse.encode(answer).length
    if (bytes < this.#targetBytes / 2) this.#limit *= 2
    else if (bytes > this.#targetBytes * 2) this.#limit = Math.max(1, this.#limit >> 1)
  }
}

/** Throws what a range would throw, and `unimplemented` for what cannot come in pieces. */
function assertStreamable(request: RangeRequest): void {
  assertRangeRequest(request)
  const { sortOrder, sortTarget } = request
  const byKey = sortOrder === SortOrder.ASCEND && sortTarget === SortTarget.KEY
  if (sortOrder !== SortOrder.NONE && !byKey) throw unsupported('custom sort orders')
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request
  if (minModRevision || maxModRevision || minCreateRevision || maxCreateRevision) {
    throw unsupported('revision filters')
  }
}

function unsupported(what: string): StatusError {
  return new StatusError({
    status: statusNumbers.unimplemented,
    message: `RangeStream does not support ${what}`,
  })
}
