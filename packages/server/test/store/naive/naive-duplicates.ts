// The rule against writing a key twice, told by pairs: where two operations meet decides whether they clash.

import type { OpInit } from './commands.ts'
import { byBytes } from './naive-state.ts'

/** A write, and the way to it: for each txn on it the branch, and the place in that. */
interface Write {
  readonly key: string
  /** For a delete. */
  readonly rangeEnd?: string
  readonly path: readonly Step[]
}

interface Step {
  readonly branch: 'success' | 'failure'
  readonly place: number
}

/** Whether two of the operations clash. */
export function findDuplicate(ops: readonly OpInit[]): boolean {
  const writes = collect(ops, 'success', [])
  return writes.some((a, index) => writes.some((b, other) => index !== other && clash(a, b)))
}

function collect(ops: readonly OpInit[], branch: Step['branch'], before: readonly Step[]): Write[] {
  return ops.flatMap((op, place): Write[] => {
    const path = [...before, { branch, place }]
    if (op.put !== undefined) return [{ key: op.put.key, path }]
    if (op.delete !== undefined) {
      return [{ key: op.delete.key, rangeEnd: op.delete.rangeEnd, path }]
    }
    if (op.txn === undefined) return []
    const { success, failure } = op.txn
    return [...collect(success, 'success', path), ...collect(failure, 'failure', path)]
  })
}

/** `put` is a put; `other` may be either. */
function clash(put: Write, other: Write): boolean {
  if (put.rangeEnd !== undefined) return false
  const at = put.path.findIndex((step, depth) => {
    const theirs = other.path[depth]
    return theirs?.branch !== step.branch || theirs.place !== step.place
  })
  const mine = put.path[at]
  const theirs = other.path[at]
  // Of two branches only one is done.
  if (mine === undefined || theirs === undefined || mine.branch !== theirs.branch) return false
  if (other.rangeEnd === undefined) return put.key === other.key
  if (!inInterval(put.key, other.key, other.rangeEnd)) return false
  const bothNested = put.path.length > at + 1 && other.path.length > at + 1
  return !bothNested || theirs.place < mine.place
}

/** As etcd's interval has it: an open end is none at all. */
function inInterval(candidate: string, key: string, rangeEnd: string): boolean {
  if (rangeEnd === '') return candidate === key
  return byBytes(key, candidate) <= 0 && byBytes(candidate, rangeEnd) < 0
}
