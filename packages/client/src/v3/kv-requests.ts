// The requests of the verbs on keys, made from what callers give. All bad input is found here, before any I/O.

import {
  type DeleteRangeRequest,
  type MessageInit,
  type PutRequest,
  type RangeRequest,
  SortOrder,
  SortTarget,
} from '@etcdkit/protocol'
import { noBytes } from './bytes.ts'
import { type Key, type KeyRange, typeName } from './key.ts'
import type {
  CountOptions,
  DeleteOptions,
  GetOptions,
  LeaseRef,
  ListSelection,
  Order,
  PutOptions,
  RevisionBounds,
  SortKey,
} from './kv-options.ts'
import {
  assertInteger,
  assertOneOf,
  assertOptions,
  type ReadOptions,
  readOptionNames,
  writeOptionNames,
} from './options.ts'
import type { Scope } from './scope.ts'

const putNames = /* @__PURE__ */ writeOptionNames(
  ...['lease', 'previous', 'ignoreValue', 'ignoreLease'],
)
const getNames = /* @__PURE__ */ readOptionNames('revision', 'serializable')
const deleteNames = /* @__PURE__ */ writeOptionNames('previous')
const listNames = /* @__PURE__ */ readOptionNames(
  ...['limit', 'sort', 'order', 'revision', 'serializable', 'keysOnly'],
  ...['minModRevision', 'maxModRevision', 'minCreateRevision', 'maxCreateRevision'],
)

const sortTargets: Readonly<Record<SortKey, number>> = {
  key: SortTarget.KEY,
  version: SortTarget.VERSION,
  createRevision: SortTarget.CREATE,
  modRevision: SortTarget.MOD,
  value: SortTarget.VALUE,
}

const sortOrders: Readonly<Record<Order, number>> = {
  ascending: SortOrder.ASCEND,
  descending: SortOrder.DESCEND,
}

/** A put. Its shape is the same with and without options: it is made on the hottest path there is. */
export function putRequest<V, W>(
  scope: Scope<V, W>,
  key: Key,
  value: W | undefined,
  options: PutOptions | undefined,
): MessageInit<PutRequest> {
  if (options !== undefined) return putRequestWith(scope, key, value, options)
  return {
    key: scope.key(key),
    // The codec decides about values that only JavaScript can give.
    value: scope.encode(value as W),
    lease: undefined,
    prevKv: undefined,
    ignoreValue: undefined,
    ignoreLease: undefined,
  }
}

function putRequestWith<V, W>(
  scope: Scope<V, W>,
  key: Key,
  value: W | undefined,
  options: PutOptions,
): MessageInit<PutRequest> {
  assertOptions(options, putNames)
  const { lease, previous, ignoreValue, ignoreLease } = options
  if (ignoreValue === true && value !== undefined) {
    throw new TypeError('ignoreValue keeps the value that is there: give undefined as the value')
  }
  if (ignoreLease === true && lease !== undefined) {
    throw new TypeError('ignoreLease keeps the lease that is there: give no lease')
  }
  return {
    key: scope.key(key),
    value: ignoreValue === true ? noBytes : scope.encode(value as W),
    lease: lease === undefined ? undefined : leaseIdOf(lease),
    prevKv: previous,
    ignoreValue,
    ignoreLease,
  }
}

/** A range of one key. */
export function getRequest<V, W>(
  scope: Scope<V, W>,
  key: Key,
  options: GetOptions | undefined,
): MessageInit<RangeRequest> {
  if (options === undefined) {
    return { key: scope.key(key), revision: undefined, serializable: undefined }
  }
  assertOptions(options, getNames)
  const { revision, serializable } = options
  assertInteger(revision, 'revision')
  return { key: scope.key(key), revision, serializable }
}

/** A delete of a key or range. */
export function deleteRequest<V, W>(
  scope: Scope<V, W>,
  target: Key | KeyRange,
  options: DeleteOptions | undefined,
): MessageInit<DeleteRangeRequest> {
  if (options !== undefined) assertOptions(options, deleteNames)
  const { key, rangeEnd } = scope.span(target)
  return { key, rangeEnd, prevKv: options?.previous }
}

/** A count of a key or range. */
export function countRequest<V, W>(
  scope: Scope<V, W>,
  target: Key | KeyRange,
  options: CountOptions | undefined,
): MessageInit<RangeRequest> {
  if (options !== undefined) assertOptions(options, getNames)
  assertInteger(options?.revision, 'revision')
  const { key, rangeEnd } = scope.span(target)
  const { revision, serializable } = options ?? {}
  return { key, rangeEnd, revision, serializable, countOnly: true }
}

/** A list of a key or range. */
export function listRequest<V, W>(
  scope: Scope<V, W>,
  target: Key | KeyRange,
  options: (ReadOptions & ListSelection) | undefined,
): MessageInit<RangeRequest> {
  const { key, rangeEnd } = scope.span(target)
  if (options === undefined) return { key, rangeEnd }
  assertOptions(options, listNames)
  assertInteger(options.limit, 'limit')
  assertInteger(options.revision, 'revision')
  return {
    key,
    rangeEnd,
    limit: options.limit,
    revision: options.revision,
    ...sorting(options.sort, options.order),
    serializable: options.serializable,
    keysOnly: options.keysOnly,
    ...revisionBounds(options),
  }
}

/** The bounds on revisions, checked. */
export function revisionBounds(bounds: RevisionBounds): RevisionBounds {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = bounds
  assertInteger(minModRevision, 'minModRevision')
  assertInteger(maxModRevision, 'maxModRevision')
  assertInteger(minCreateRevision, 'minCreateRevision')
  assertInteger(maxCreateRevision, 'maxCreateRevision')
  return { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision }
}

/** How the wire says what to sort by. Ascending by key is how the server finds keys: asking for it costs a sort. */
export function sorting(
  sort: SortKey = 'key',
  order: Order = 'ascending',
): Pick<RangeRequest, 'sortOrder' | 'sortTarget'> {
  const sortTarget = assertOneOf(sort, 'sort', sortTargets)
  const sortOrder = assertOneOf(order, 'order', sortOrders)
  const natural = sortTarget === SortTarget.KEY && sortOrder === SortOrder.ASCEND
  return { sortTarget, sortOrder: natural ? SortOrder.NONE : sortOrder }
}

/** The id of a lease. Throws `TypeError` for what is none, `RangeError` for one beyond 64 bits. */
export function leaseIdOf(lease: LeaseRef): string {
  const id = typeof lease === 'object' && lease !== null ? lease.id : lease
  if (typeof id === 'string' && decimal.test(id)) {
    // With as many digits, text sorts as numbers do.
    const digits = id.replace('-', '').padStart(longest.length, '0')
    if (digits > (id.startsWith('-') ? lowest : longest)) {
      throw new RangeError(`the lease ${id} is beyond 64 bits`)
    }
    return id
  }
  const shown = typeof id === 'string' ? JSON.stringify(id) : typeName(lease)
  throw new TypeError(`a lease is a decimal string or a Lease, not ${shown}`)
}

const decimal = /^-?\d{1,19}$/
const longest = '9223372036854775807'
const lowest = '9223372036854775808'
