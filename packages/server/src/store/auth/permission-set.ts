// What the roles of a user allow together: stretches of keys that touch count as one.

import { type Permission, PermissionType } from '@etcdkit/protocol'
import { type KeyRange, requestRange } from '../key-range.ts'

/** Keys as a set of ranges. */
class Coverage {
  /** As few as it takes, in order. */
  readonly #ranges: readonly KeyRange[]

  constructor(ranges: readonly KeyRange[]) {
    this.#ranges = merge(ranges)
  }

  /** Of a range without keys, as one whose end is before its start, the start counts. */
  covers({ from, to }: KeyRange): boolean {
    const range = this.#ranges[lastUpTo(this.#ranges, from)]
    return range !== undefined && from < range.to && to <= range.to
  }
}

/** The permissions of a user. Source: etcd `server/auth/range_perm_cache.go`. */
export class PermissionSet {
  readonly #read: Coverage
  readonly #write: Coverage

  constructor(permissions: readonly Permission[]) {
    this.#read = new Coverage(rangesOf(permissions, PermissionType.READ))
    this.#write = new Coverage(rangesOf(permissions, PermissionType.WRITE))
  }

  /** Whether all keys of a range may be read. */
  canRead(range: KeyRange): boolean {
    return this.#read.covers(range)
  }

  /** Whether all keys of a range may be written. */
  canWrite(range: KeyRange): boolean {
    return this.#write.covers(range)
  }
}

function rangesOf(permissions: readonly Permission[], type: PermissionType): KeyRange[] {
  return permissions
    .filter(({ permType }) => permType === type || permType === PermissionType.READWRITE)
    .map(({ key, rangeEnd }) => requestRange(key, rangeEnd))
}

function merge(ranges: readonly KeyRange[]): KeyRange[] {
  const merged: KeyRange[] = []
  for (const range of [...ranges].sort((a, b) => (a.from < b.from ? -1 : 1))) {
    const last = merged[merged.length - 1]
    if (last === undefined || last.to < range.from) merged.push(range)
    else if (last.to < range.to) merged[merged.length - 1] = { ...last, to: range.to }
  }
  return merged
}

/** The index of the last range that begins at or before `name`; -1 if none does. */
function lastUpTo(ranges: readonly KeyRange[], name: string): number {
  let low = 0
  let high = ranges.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ranges[middle] as KeyRange).from <= name) low = middle + 1
    else high = middle
  }
  return low - 1
}
