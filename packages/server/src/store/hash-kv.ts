// The hash of all that is stored, as etcd makes it: `server/storage/mvcc/hash.go`.

import { Writer } from '@etcdkit/protocol'
import { crc32c } from './crc32c.ts'
import { everything } from './key-range.ts'
import type { Mvcc } from './mvcc.ts'
import { compareVersions, writeStoredKey, writeStoredValue } from './stored-version.ts'
import { isTombstone, type Version, versionAt } from './version.ts'

/** The hash over `"key"` and then, of each version up to `revision` in order of change, its key in etcd's store and its entry. */
export function hashKv(mvcc: Mvcc, revision: number): number {
  let hash = crc32c(Uint8Array.of(0x6b, 0x65, 0x79))
  const writer = new Writer()
  const add = (version: Version): void => {
    writer.reset()
    writeStoredKey(writer, version)
    writeStoredValue(writer, version)
    hash = crc32c(writer.view(), hash)
  }
  for (const version of survivors(mvcc, revision)) add(version)
  mvcc.log.scan(mvcc.compactRevision + 1, (version) => {
    if (version.kv.modRevision > revision) return false
    add(version)
    return true
  })
  return hash
}

/**
 * What the last compaction left and was not superseded up to `revision`, in order of change; no deletions.
 *
 * If nothing is left at `revision`, etcd counts in what the compaction left all the same.
 */
function survivors({ index, compactRevision }: Mvcc, revision: number): Version[] {
  const left: Version[] = []
  const kept: Version[] = []
  let empty = true
  index.scan(everything, (record) => {
    const newest = versionAt(record, revision)
    const version = versionAt(record, compactRevision)
    if (newest !== undefined && !isTombstone(newest)) empty = false
    if (version === undefined || isTombstone(version)) return true
    if (version.kv.modRevision > revision) return true
    left.push(version)
    if (version === newest) kept.push(version)
    return true
  })
  const counted = empty ? left : kept
  return counted.sort(compareVersions)
}
