// Range, put and delete, as such or within a txn: done to keys and leases at once, once all checks have passed.

import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
} from '@etcdkit/protocol'
import type { HeaderOf } from './header.ts'
import { keyName } from './key-name.ts'
import { inRange, type KeyRange, requestRange } from './key-range.ts'
import type { Leases } from './leases.ts'
import type { Mvcc } from './mvcc.ts'
import { readRange } from './range.ts'
import { refusal } from './refusal.ts'
import type { KeyRecord } from './version.ts'

/** What operations work on. */
export interface OperationTarget {
  readonly mvcc: Mvcc
  readonly leases: Leases
}

/** Reads. Throws `future-revision`, `compacted`. */
export function range(
  { mvcc }: OperationTarget,
  request: RangeRequest,
  headerOf: HeaderOf,
): RangeResponse {
  const { kvs, more, count } = readRange(mvcc, request)
  return { header: headerOf(mvcc.workingRevision), kvs, more, count }
}

/** Throws `lease-not-found` if the put names a lease that is not there. */
export function assertLeaseOf({ leases }: OperationTarget, request: PutRequest): void {
  if (request.lease !== '0') leases.get(request.lease)
}

/**
 * Throws `key-not-found` if the put is to keep what is not there.
 *
 * Nor will it be there if it is in a range `deleted` before, by the same txn: of that etcd 3.5.30 only learns halfway,
 * and its process ends.
 */
export function assertKept(
  { mvcc }: OperationTarget,
  request: PutRequest,
  deleted: readonly KeyRange[] = [],
): void {
  if (!request.ignoreValue && !request.ignoreLease) return
  const name = keyName(request.key)
  const missing = mvcc.index.find(name)?.live === undefined
  if (missing || deleted.some((range) => inRange(range, name))) throw refusal('key-not-found')
}

/** Writes, after `assertLeaseOf` and `assertKept`. */
export function put(
  { mvcc, leases }: OperationTarget,
  request: PutRequest,
  headerOf: HeaderOf,
): PutResponse {
  const name = keyName(request.key)
  const record = mvcc.index.find(name)
  const previous = record?.live?.kv
  const value = request.ignoreValue && previous !== undefined ? previous.value : request.value
  const held = previous?.lease ?? '0'
  const lease = request.ignoreLease ? held : request.lease
  mvcc.put(record, name, { key: request.key, value, lease })
  leases.move(name, held, lease)
  return {
    header: headerOf(mvcc.workingRevision),
    prevKv: request.prevKv ? previous : undefined,
  }
}

/** Deletes. */
export function deleteRange(
  target: OperationTarget,
  request: DeleteRangeRequest,
  headerOf: HeaderOf,
): DeleteRangeResponse {
  const { mvcc } = target
  const wanted = requestRange(request.key, request.rangeEnd)
  const records: KeyRecord[] = []
  if (wanted.single) {
    const record = mvcc.index.find(wanted.from)
    if (record !== undefined) records.push(record)
  } else {
    mvcc.index.scan(wanted, (record) => records.push(record) > 0)
  }
  const previous: KeyValue[] = []
  for (const record of records) {
    const kv = deleteKey(target, record)
    if (kv !== undefined) previous.push(kv)
  }
  return {
    header: headerOf(mvcc.workingRevision),
    deleted: previous.length,
    prevKvs: request.prevKv ? previous : [],
  }
}

/** Deletes a key, if it is there; returns what it was. */
export function deleteKey(
  { mvcc, leases }: OperationTarget,
  record: KeyRecord,
): KeyValue | undefined {
  const kv = record.live?.kv
  if (kv === undefined) return undefined
  mvcc.delete(record, kv.key)
  leases.move(record.name, kv.lease, '0')
  return kv
}
