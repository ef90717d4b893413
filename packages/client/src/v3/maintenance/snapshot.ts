// A snapshot as it comes from a member: the bytes of its database and, last, their checksum, which is verified here.

import {
  EtcdError,
  Maintenance as MaintenanceService,
  type MessageInit,
  type SnapshotRequest,
} from '@etcdkit/protocol'
import { concatBytes, equalBytes, noBytes } from '../bytes.ts'
import { failure } from '../failure.ts'
import { type ReadOptions, readOptionNames } from '../options.ts'
import { type ServerStreamContext, serverStream } from '../server-stream.ts'
import { createSha256, type Hasher } from './sha256.ts'

/** How far a snapshot has come. */
export interface SnapshotProgress {
  /** Bytes that have come, checksum included. */
  readonly receivedBytes: number
  /** Bytes of the database that are still to come; `undefined` until the first have come. */
  readonly remainingBytes: number | undefined
}

/** How to take a snapshot. */
export interface SnapshotOptions extends ReadOptions {
  /** Called after each piece, about every 32 kB. What it throws ends the snapshot. */
  readonly onProgress?: ((progress: SnapshotProgress) => void) | undefined
}

/** The names of {@link SnapshotOptions}. */
export const snapshotNames: ReadonlySet<string> = /* @__PURE__ */ readOptionNames('onProgress')

const action = 'take a snapshot'
const checksumBytes = 32
const request: MessageInit<SnapshotRequest> = {}

/**
 * The database of a member, as `etcdctl snapshot save` writes it to a file: a stream of bytes that can be iterated once.
 * Its last 32 bytes are the SHA-256 of those before, and come only after they have been found to be right: a snapshot
 * that came to its end is whole. One that breaks off, or is not what its checksum says, throws; it is never resumed, as
 * no two streams are of the same state.
 *
 * @example
 * ```ts
 * import { Etcd, type Snapshot } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const snapshot: Snapshot = etcd.maintenance.snapshot()
 * let bytes = 0
 * for await (const piece of snapshot) {
 *   bytes += piece.length
 *   console.log(`${bytes} bytes, ${snapshot.remainingBytes} to come`)
 * }
 * ```
 */
export class Snapshot implements AsyncIterable<Uint8Array>, SnapshotProgress {
  readonly #context: ServerStreamContext
  readonly #options: SnapshotOptions
  readonly #refused: unknown
  #iterated = false
  #receivedBytes = 0
  #remainingBytes: number | undefined = undefined
  #version: string | undefined = undefined

  /** `refused`: the error to throw before anything is sent; `undefined` for none. @internal */
  constructor(context: ServerStreamContext, options: SnapshotOptions, refused: unknown) {
    this.#context = context
    this.#options = options
    this.#refused = refused
  }

  /** Bytes that have come, checksum included. */
  get receivedBytes(): number {
    return this.#receivedBytes
  }

  /** Bytes of the database that are still to come; `undefined` until the first have come. */
  get remainingBytes(): number | undefined {
    return this.#remainingBytes
  }

  /** Version of the storage schema, such as `3.6`; `undefined` until the first bytes, and from servers before 3.6. */
  get version(): string | undefined {
    return this.#version
  }

  /** The bytes. Throws `TypeError` the second time. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, void, undefined> {
    if (this.#iterated) throw new TypeError('Cannot iterate a snapshot: it can be done once')
    this.#iterated = true
    return this.#verified()
  }

  async *#verified(): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#refused !== undefined) throw this.#refused
    const hash = createSha256()
    // What may yet prove to be the checksum, which could come in pieces of any size.
    let held: Uint8Array = noBytes
    try {
      for await (const blob of this.#blobs()) {
        const joined = held.length === 0 ? blob : concatBytes(held, blob)
        const sure = joined.subarray(0, Math.max(0, joined.length - checksumBytes))
        held = joined.subarray(sure.length)
        hash.update(sure)
        if (sure.length > 0) yield sure
      }
      this.#verify(hash, held)
    } catch (error) {
      throw failure(action, error)
    }
    yield held
  }

  async *#blobs(): AsyncGenerator<Uint8Array, void, undefined> {
    const { onProgress, ...options } = this.#options
    const call = { method: MaintenanceService.snapshot, message: request, options }
    for await (const { blob, remainingBytes, version } of serverStream(this.#context, call)) {
      this.#receivedBytes += blob.length
      this.#remainingBytes = remainingBytes
      if (version !== '') this.#version = version
      yield blob
      onProgress?.(this)
    }
  }

  #verify(hash: Hasher, checksum: Uint8Array): void {
    const bytes = this.#receivedBytes
    if (this.#remainingBytes !== 0) {
      const missing = this.#remainingBytes === undefined ? '' : `, ${this.#remainingBytes} short`
      throw corrupt(`the server ended it after ${bytes} bytes${missing}`)
    }
    if (checksum.length < checksumBytes) throw corrupt(`it has no checksum in its ${bytes} bytes`)
    if (!equalBytes(hash.digest(), checksum)) {
      throw corrupt(`its ${bytes} bytes are not what its checksum says`)
    }
  }
}

function corrupt(message: string): EtcdError {
  return new EtcdError(message, { code: 'snapshot-corrupt' })
}
