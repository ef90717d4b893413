// The versions of all keys: how changes make them, and how compaction takes them away. Knows nothing of requests.

import { ChangeLog } from './change-log.ts'
import { KeyIndex } from './key-index.ts'
import { copyBytes, noBytes } from './key-name.ts'
import { compacted, refusal } from './refusal.ts'
import { isTombstone, type KeyRecord, Version } from './version.ts'

/** Bytes a version is taken to need beside its key and value. */
const versionOverheadBytes = 64

/** What a put makes of a key. */
export interface Put {
  readonly key: Uint8Array
  readonly value: Uint8Array
  readonly lease: string
}

/** Keys, versions and revisions. */
export class Mvcc {
  readonly index: KeyIndex = new KeyIndex()
  readonly log: ChangeLog = new ChangeLog()
  #revision = 1
  #compactRevision = -1
  #sizeBytes = 0
  /** The changes of the revision that is being made. */
  #changes: Version[] = []

  /** The newest revision that is complete. */
  get revision(): number {
    return this.#revision
  }

  /** The revision that is being made if it has changes, else the newest: what an operation of a txn answers with. */
  get workingRevision(): number {
    return this.#changes.length === 0 ? this.#revision : this.#revision + 1
  }

  /** The revision of the last compaction, -1 if there was none. */
  get compactRevision(): number {
    return this.#compactRevision
  }

  /** Bytes that all versions take. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Throws `future-revision` or `compacted` if `revision` cannot be read. */
  assertReadable(revision: number): void {
    if (revision > this.#revision) throw refusal('future-revision')
    if (revision < this.#compactRevision) throw compacted(this.#compactRevision)
  }

  /** Writes the key of `record`, or a new one. Copies key and value. */
  put(found: KeyRecord | undefined, name: string, put: Put): void {
    const record = found ?? this.index.add(name)
    const newest = record.newest
    const modRevision = this.#revision + 1
    const fresh = newest === undefined || isTombstone(newest)
    if (fresh && found !== undefined) this.index.markLive(record)
    this.#change(record, {
      key: newest === undefined ? copyBytes(put.key) : newest.kv.key,
      createRevision: fresh ? modRevision : newest.kv.createRevision,
      modRevision,
      version: fresh ? 1 : newest.kv.version + 1,
      value: copyBytes(put.value),
      lease: put.lease,
    })
  }

  /** Deletes a key that is there. */
  delete(record: KeyRecord, key: Uint8Array): void {
    this.index.markDeleted(record)
    const modRevision = this.#revision + 1
    const kv = { key, createRevision: 0, modRevision, version: 0, value: noBytes, lease: '0' }
    this.#change(record, kv)
  }

  /** Completes the revision that is being made, if there are changes, and returns them. */
  commit(): readonly Version[] {
    const changes = this.#changes
    if (changes.length > 0) {
      this.#changes = []
      this.#revision += 1
    }
    return changes
  }

  /** Forgets what was superseded up to `revision`. Throws `compacted`, `future-revision`. */
  compact(revision: number): void {
    if (revision <= this.#compactRevision) throw compacted(this.#compactRevision)
    if (revision > this.#revision) throw refusal('future-revision')
    this.#compactRevision = revision
    const superseded = new Set<Version>()
    this.log.scan(0, (version) => {
      if (version.kv.modRevision > revision) return false
      const older = this.#cut(version)
      if (older?.kv.modRevision === revision) superseded.add(older)
      return true
    })
    // Whoever watches from here on still gets the changes of this very revision.
    this.log.dropBefore(revision, (version) => !superseded.has(version))
  }

  #change(record: KeyRecord, kv: Version['kv']): void {
    const version = new Version(record, kv, this.#changes.length)
    record.newest = version
    this.#sizeBytes += sizeOf(version)
    this.#changes.push(version)
    this.log.push(version)
  }

  /** Takes from a version that is to be compacted what came before it, and returns that; and the key with it if nothing is left. */
  #cut(version: Version): Version | undefined {
    const { older, record } = version
    if (older !== undefined) {
      // What is older still went when `older` was cut.
      this.#sizeBytes -= sizeOf(older)
      version.older = undefined
      version.jump = undefined
    }
    // A deletion at the very revision stays until the next compaction, as in etcd from 3.5.19 on.
    const gone = isTombstone(version) && version.kv.modRevision < this.#compactRevision
    if (gone && record.newest === version) {
      this.#sizeBytes -= sizeOf(version)
      this.index.remove(record)
    }
    return older
  }
}

/** Bytes a version takes. */
function sizeOf(version: Version): number {
  const { key, value } = version.kv
  return key.length + value.length + versionOverheadBytes
}
