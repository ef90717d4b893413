// The orders in which a range can be asked for.

import { type KeyValue, SortOrder, SortTarget } from '@etcdkit/protocol'
import { compareBytes } from './key-name.ts'

type Order = (a: KeyValue, b: KeyValue) => number

/** By what an entry can be sorted, beside its key. */
const orders: ReadonlyMap<SortTarget, Order> = new Map<SortTarget, Order>([
  [SortTarget.VERSION, (a, b) => a.version - b.version],
  [SortTarget.CREATE, (a, b) => a.createRevision - b.createRevision],
  [SortTarget.MOD, (a, b) => a.modRevision - b.modRevision],
  [SortTarget.VALUE, (a, b) => compareBytes(a.value, b.value)],
])

/** Sorts entries that are in key order, in place; what is equal stays in key order, whichever way. */
export function sortEntries(entries: KeyValue[], target: SortTarget, order: SortOrder): void {
  const compare = orders.get(target)
  if (compare === undefined) return
  entries.sort(order === SortOrder.DESCEND ? (a, b) => compare(b, a) : compare)
}
