// A snapshot written to a file: all of it or nothing. For runtimes with Node's file system.

import { EtcdError } from '@etcdkit/protocol'
import type { EtcdClient } from '../v3/etcd.ts'
import type { Snapshot, SnapshotOptions } from '../v3/maintenance/snapshot.ts'
import { PartFile } from './part-file.ts'

/** A snapshot is in its file. */
export interface SavedSnapshot {
  readonly path: string
  /** Its size, checksum included. */
  readonly bytes: number
  /** Version of the storage schema, such as `3.6.0`. Servers before 3.6 do not tell. */
  readonly version: string | undefined
}

/**
 * Takes a snapshot and writes it to a file, as `etcdctl snapshot save` does; `etcdctl snapshot restore` (from 3.6 on
 * `etcdutl`) makes a member of it. The file is for its owner only (mode 0600).
 *
 * It is written beside, as `<path>.part`, verified against its checksum, synced, and only then given its name, so that
 * what is at `path` is whole at any time: what was there before, or the new snapshot. On failure the part is removed. No
 * limit in time unless `timeoutMs` sets one. Rejects with `snapshot-corrupt`, with `file-failed` when the file cannot be
 * written (its `cause` says why), or with what ended the stream.
 *
 * @example
 * ```ts
 * import { Etcd, saveSnapshot } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * const { bytes } = await saveSnapshot(etcd, '/var/backups/etcd.db', {
 *   endpoint: 'http://127.0.0.1:2379',
 *   onProgress: ({ receivedBytes, remainingBytes }) => console.log(receivedBytes, remainingBytes),
 * })
 * ```
 */
export async function saveSnapshot(
  etcd: Pick<EtcdClient, 'maintenance'>,
  path: string,
  options: SnapshotOptions = {},
): Promise<SavedSnapshot> {
  if (typeof path !== 'string' || path === '') {
    throw new TypeError('Cannot save a snapshot: the path is a string that is not empty')
  }
  const snapshot = etcd.maintenance.snapshot(options)
  const pieces = snapshot[Symbol.asyncIterator]()
  try {
    // Before any file is touched, so that bad options, or no server, leave everything as it is.
    const first = await pieces.next()
    await writePieces(path, pieces, first)
  } catch (error) {
    await pieces.return?.()
    throw error
  }
  return describe(path, snapshot)
}

async function writePieces(
  path: string,
  pieces: AsyncIterator<Uint8Array, void, undefined>,
  first: IteratorResult<Uint8Array, void>,
): Promise<void> {
  const file = await onFile(path, PartFile.create(path))
  try {
    for (let next = first; next.done !== true; next = await pieces.next()) {
      await onFile(path, file.write(next.value))
    }
    await onFile(path, file.publish())
  } catch (error) {
    await file.discard()
    throw error
  }
}

function describe(path: string, { receivedBytes, version }: Snapshot): SavedSnapshot {
  return { path, bytes: receivedBytes, version }
}

async function onFile<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause)
    throw new EtcdError(`Cannot save a snapshot to ${JSON.stringify(path)}: ${fact}`, {
      code: 'file-failed',
      cause,
    })
  }
}
