// Versions in the form in which etcd stores them: what its hashes are made of, and what is in a snapshot.

import { KeyValue, Writer } from '@etcdkit/protocol'
import { everything } from './key-range.ts'
import type { Mvcc } from './mvcc.ts'
import { isTombstone, type Version } from './version.ts'

/** A version as a record of etcd's own database. */
export interface StoredVersion {
  readonly key: Uint8Array
  readonly value: Uint8Array
}

const underscore = 0x5f
const tombstoneMark = 0x74
const revisionBytes = 17

/** Every version there is, in order. Source: etcd `server/storage/mvcc/revision.go`. */
export function storedVersions({ index }: Mvcc): StoredVersion[] {
  const versions: Version[] = []
  index.scan(everything, (record) => {
    for (let each = record.newest; each !== undefined; each = each.older) versions.push(each)
    return true
  })
  const writer = new Writer()
  const written = (write: (writer: Writer, version: Version) => void, version: Version) => {
    writer.reset()
    write(writer, version)
    return writer.copy()
  }
  return versions.sort(compareVersions).map((version) => ({
    key: written(writeStoredKey, version),
    value: written(writeStoredValue, version),
  }))
}

/** The order of changes. */
export function compareVersions(a: Version, b: Version): number {
  return a.kv.modRevision - b.kv.modRevision || a.sub - b.sub
}

/** Writes the key that a version has in the store. */
export function writeStoredKey(writer: Writer, version: Version): void {
  writer.raw(storedRevision(version.kv.modRevision, version.sub))
  if (isTombstone(version)) writer.raw(Uint8Array.of(tombstoneMark))
}

/** Writes what stands under it. */
export function writeStoredValue(writer: Writer, version: Version): void {
  const { kv } = version
  KeyValue.write(writer, isTombstone(version) ? { key: kv.key } : kv)
}

/** A revision, and a place within it, as etcd writes them. */
export function storedRevision(revision: number, sub: number): Uint8Array {
  const bytes = new Uint8Array(revisionBytes)
  const view = new DataView(bytes.buffer)
  setUint64(view, 0, revision)
  view.setUint8(8, underscore)
  setUint64(view, 9, sub)
  return bytes
}

function setUint64(view: DataView, offset: number, value: number): void {
  view.setUint32(offset, Math.floor(value / 2 ** 32))
  view.setUint32(offset + 4, value >>> 0)
}
