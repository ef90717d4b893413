// What a watcher that is behind missed, a batch at a time.

import type { Event } from '@etcdkit/protocol'
import { inRange, type KeyRange } from './key-range.ts'
import type { Mvcc } from './mvcc.ts'
import type { Version } from './version.ts'
import { eventOf, type Watcher } from './watcher.ts'

/** Versions of one key to go back through before its past is rather looked for in the log. */
const longestChain = 4096

/** Changes of the log to go through for one batch, found what may. */
const longestScan = 100_000

/** Some of what a watcher missed. */
export interface Batch {
  readonly events: readonly Event[]
  /** Where to go on; beyond the newest revision if that was all. */
  readonly nextRevision: number
}

/** What `watcher` missed from its next revision on: of up to `maxRevisions` revisions, none of them in part. */
export function readHistory(mvcc: Mvcc, watcher: Watcher, maxRevisions: number): Batch {
  const { range, nextRevision } = watcher
  const chain = range.single ? changesOf(mvcc, range.from, nextRevision) : undefined
  const batch = new BatchMaker(maxRevisions)
  if (chain === undefined) scanLog(mvcc, range, nextRevision, batch)
  else chain.every((version) => batch.add(version))
  return {
    events: batch.versions
      .filter((version) => watcher.wants(version))
      .map((version) => eventOf(version, watcher.prevKv)),
    nextRevision: batch.nextRevision ?? mvcc.revision + 1,
  }
}

/** Takes changes up to a number of revisions. Those a filter then drops count too, as in etcd. */
class BatchMaker {
  readonly versions: Version[] = []
  /** Where to go on, if not all could be taken. */
  nextRevision: number | undefined
  readonly #maxRevisions: number
  #revisions = 0
  #last = 0

  constructor(maxRevisions: number) {
    this.#maxRevisions = maxRevisions
  }

  /** Takes a change; `false` if it has to wait. */
  add(version: Version): boolean {
    const { modRevision } = version.kv
    if (modRevision !== this.#last && this.#revisions === this.#maxRevisions) {
      this.nextRevision = modRevision
      return false
    }
    if (modRevision !== this.#last) this.#revisions += 1
    this.#last = modRevision
    this.versions.push(version)
    return true
  }
}

/** The changes of one key from `revision` on; `undefined` if they are many. */
function changesOf({ index }: Mvcc, name: string, revision: number): Version[] | undefined {
  const changes: Version[] = []
  let version = index.find(name)?.newest
  for (; version !== undefined && version.kv.modRevision >= revision; version = version.older) {
    if (changes.length === longestChain) return undefined
    changes.push(version)
  }
  return changes.reverse()
}

function scanLog(mvcc: Mvcc, range: KeyRange, revision: number, batch: BatchMaker): void {
  let scanned = 0
  let last = 0
  mvcc.log.scan(revision, (version) => {
    const { modRevision } = version.kv
    if (scanned >= longestScan && modRevision !== last) {
      batch.nextRevision = modRevision
      return false
    }
    scanned += 1
    last = modRevision
    return !inRange(range, version.record.name) || batch.add(version)
  })
}
