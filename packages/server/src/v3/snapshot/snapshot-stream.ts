// A snapshot in pieces: the file, and then its checksum. Source: etcd `v3rpc/maintenance.go`, Snapshot.

import { createHash } from 'node:crypto'
import type { SnapshotRequest, SnapshotResponse } from '@etcdkit/protocol'
import type { StreamHandler, StreamSink } from '../service.ts'
import { clusterVersion } from '../version.ts'

const blobBytes = 32 * 1024

/** Answers one request with the whole of a file, as fast as it is read. */
export class SnapshotHandler implements StreamHandler<SnapshotRequest> {
  readonly full = false
  readonly #write: () => Uint8Array
  readonly #sink: StreamSink<SnapshotResponse>
  #pieces: Iterator<SnapshotResponse> | undefined

  /** `write` makes the file; throws what keeps whoever asked from having it. */
  constructor(write: () => Uint8Array, sink: StreamSink<SnapshotResponse>) {
    this.#write = write
    this.#sink = sink
  }

  message(): void {
    if (this.#pieces !== undefined) return
    this.#pieces = piecesOf(this.#write())
    this.#send(this.#pieces)
  }

  halfClose(): void {}

  ready(): void {
    if (this.#pieces !== undefined) this.#send(this.#pieces)
  }

  close(): void {
    this.#pieces = undefined
  }

  #send(pieces: Iterator<SnapshotResponse>): void {
    for (let room = true; room; ) {
      const next = pieces.next()
      if (next.done) {
        this.#pieces = undefined
        this.#sink.end()
        return
      }
      room = this.#sink.message(next.value)
    }
  }
}

function* piecesOf(file: Uint8Array): Generator<SnapshotResponse, void> {
  const version = clusterVersion
  for (let start = 0; start < file.length; start += blobBytes) {
    const blob = file.subarray(start, start + blobBytes)
    yield { header: undefined, remainingBytes: file.length - start - blob.length, blob, version }
  }
  const blob = createHash('sha256').update(file).digest()
  yield { header: undefined, remainingBytes: 0, blob, version }
}
