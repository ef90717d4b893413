// A key's past: its versions, each knowing the one before.

import type { KeyValue } from '@etcdkit/protocol'

/** A key of the store. */
export class KeyRecord {
  readonly name: string
  /** What it came to last. */
  newest: Version | undefined

  constructor(name: string) {
    this.name = name
    this.newest = undefined
  }

  /** What it is now, if it is there. */
  get live(): Version | undefined {
    const newest = this.newest
    return newest === undefined || isTombstone(newest) ? undefined : newest
  }
}

/** A key as one change left it. */
export class Version {
  readonly record: KeyRecord
  /** What is told of it. That of a deletion has but the key and the revision, as events have it. */
  readonly kv: KeyValue
  /** Its place among the changes of its revision. */
  readonly sub: number
  /** The version before, unless compacted. */
  older: Version | undefined
  /** One further back, so that any is found in a logarithm of steps. */
  jump: Version | undefined
  readonly depth: number

  constructor(record: KeyRecord, kv: KeyValue, sub: number) {
    const older = record.newest
    this.record = record
    this.kv = kv
    this.sub = sub
    this.older = older
    this.jump = older === undefined ? undefined : jumpOver(older)
    this.depth = older === undefined ? 0 : older.depth + 1
  }
}

/**
 * Where the successor of `older` jumps to.
 *
 * After Myers, "An applicative random-access stack" (1983): two jumps of one length become one of twice the length.
 */
function jumpOver(older: Version): Version {
  const near = older.jump
  if (near === undefined) return older
  const far = near.jump ?? near
  return older.depth - near.depth === near.depth - far.depth ? far : older
}

/** Whether the key was deleted. */
export function isTombstone(version: Version): boolean {
  return version.kv.version === 0
}

/** The newest version of `record` up to `revision`, a tombstone too. */
export function versionAt(record: KeyRecord, revision: number): Version | undefined {
  let version = record.newest
  while (version !== undefined && version.kv.modRevision > revision) {
    const { jump } = version
    version = jump !== undefined && jump.kv.modRevision > revision ? jump : version.older
  }
  return version
}

/** What `record` was at `revision`, if it was there. */
export function liveAt(record: KeyRecord, revision: number): KeyValue | undefined {
  const version = versionAt(record, revision)
  return version === undefined || isTombstone(version) ? undefined : version.kv
}

/** What the key was before the revision of `version`, if it was there and that is known; never for its creation. */
export function previousOf(version: Version): KeyValue | undefined {
  if (version.kv.version === 1) return undefined
  let older = version.older
  // A txn may change a key twice, but events tell what was before the txn.
  while (older !== undefined && older.kv.modRevision === version.kv.modRevision) older = older.older
  return older === undefined || isTombstone(older) ? undefined : older.kv
}
