// A txn may not put a key twice, nor put and delete it: what etcd's `checkIntervals` finds of that, hole for hole.

import type { DeleteRangeRequest, RequestOp } from '@etcdkit/protocol'
import { keyName } from './key-name.ts'
import { refusal } from './refusal.ts'

/** What a list of operations may write, nested ones included. */
interface Writes {
  readonly puts: Set<string>
  readonly deletes: Interval[]
}

interface Interval {
  readonly from: string
  readonly to: string
}

/**
 * Throws `duplicate-key` if the operations may put a key more than once, or put and delete it.
 *
 * As in etcd (verified on 3.5.30) some slip through, and are done in order: a delete with the open end `\0` is held
 * against nothing, and a nested txn's put not against deletes of nested txns after it.
 */
export function assertNoDuplicates(ops: readonly RequestOp[]): void {
  if (ops.length > 1 || ops[0]?.requestTxn !== undefined) collectWrites(ops)
}

function collectWrites(ops: readonly RequestOp[]): Writes {
  const writes: Writes = { puts: new Set(), deletes: [] }
  for (const { requestDeleteRange } of ops) {
    if (requestDeleteRange !== undefined) writes.deletes.push(interval(requestDeleteRange))
  }
  for (const { requestTxn } of ops) {
    if (requestTxn === undefined) continue
    const success = collectWrites(requestTxn.success)
    const failure = collectWrites(requestTxn.failure)
    addPuts(writes, success.puts)
    // One key in both branches is fine: only one is done.
    addPuts(writes, failure.puts, success.puts)
    writes.deletes.push(...success.deletes, ...failure.deletes)
  }
  for (const { requestPut } of ops) {
    if (requestPut !== undefined) addPut(writes, keyName(requestPut.key))
  }
  return writes
}

function addPuts(writes: Writes, names: ReadonlySet<string>, allowed?: ReadonlySet<string>): void {
  for (const name of names) addPut(writes, name, allowed)
}

function addPut({ puts, deletes }: Writes, name: string, allowed?: ReadonlySet<string>): void {
  const twice = puts.has(name) && allowed?.has(name) !== true
  if (twice || deletes.some(({ from, to }) => from <= name && name < to)) {
    throw refusal('duplicate-key')
  }
  puts.add(name)
}

function interval({ key, rangeEnd }: DeleteRangeRequest): Interval {
  const from = keyName(key)
  return { from, to: rangeEnd.length === 0 ? `${from}\0` : keyName(rangeEnd) }
}
