// All changes since the last compaction, in order.

import type { Version } from './version.ts'

/** Small enough to be cut at the front, large enough to have few. */
const chunkLength = 1024

/** The versions that changes made, by revision and place within. */
export class ChangeLog {
  /** None of them empty. */
  #chunks: Version[][] = []

  /** Adds the newest change. */
  push(version: Version): void {
    const last = this.#chunks[this.#chunks.length - 1]
    if (last === undefined || last.length >= chunkLength) this.#chunks.push([version])
    else last.push(version)
  }

  /** Calls `visit` with each change from `revision` on, until it answers `false`. */
  scan(revision: number, visit: (version: Version) => boolean): void {
    const first = this.#chunkOf(revision)
    for (let at = first; at < this.#chunks.length; at++) {
      const chunk = this.#chunks[at] as Version[]
      for (
        let index = at === first ? lowerBound(chunk, revision) : 0;
        index < chunk.length;
        index++
      ) {
        if (!visit(chunk[index] as Version)) return
      }
    }
  }

  /** Forgets all changes before `revision`, and those at it that `keep` does not want. */
  dropBefore(revision: number, keep: (version: Version) => boolean): void {
    const kept: Version[] = []
    this.scan(revision, (version) => {
      if (version.kv.modRevision !== revision) return false
      if (keep(version)) kept.push(version)
      return true
    })
    const at = this.#chunkOf(revision + 1)
    const [chunk, ...rest] = this.#chunks.slice(at)
    const cut = chunk?.slice(lowerBound(chunk, revision + 1)) ?? []
    this.#chunks = [kept, cut, ...rest].filter((each) => each.length > 0)
  }

  /** The chunk in which the first change from `revision` on is, if there is one. */
  #chunkOf(revision: number): number {
    let low = 0
    let high = this.#chunks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const chunk = this.#chunks[middle] as Version[]
      if ((chunk[chunk.length - 1] as Version).kv.modRevision < revision) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** The index of the first change from `revision` on. */
function lowerBound(chunk: readonly Version[], revision: number): number {
  let low = 0
  let high = chunk.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((chunk[middle] as Version).kv.modRevision < revision) low = middle + 1
    else high = middle
  }
  return low
}
