// What a role may do, between callers and the wire.

import {
  EtcdError,
  type MessageInit,
  type Permission as WirePermission,
  PermissionType as WireType,
} from '@etcdkit/protocol'
import { equalBytes, noBytes, zeroByte } from '../bytes.ts'
import { text } from '../codec.ts'
import { isRange, type Key, type KeyRange } from '../key.ts'
import { assertOneOf } from '../options.ts'
import { readableKey } from '../readable-key.ts'
import { Scope, type Span } from '../scope.ts'

/** What a permission allows. */
export type PermissionType = 'read' | 'write' | 'readwrite'

/** Leave to read or write a key or a range of keys. */
export interface Permission {
  readonly type: PermissionType
  /** The key (as bytes where it is not UTF-8) or the range, as `revokePermission` takes it. */
  readonly target: Key | KeyRange
}

const wireTypes: Readonly<Record<PermissionType, WireType>> = {
  read: WireType.READ,
  write: WireType.WRITE,
  readwrite: WireType.READWRITE,
}

const allKeys = /* @__PURE__ */ new Scope(noBytes, text)

/** A permission on the wire. Throws `TypeError` or `RangeError` for what is none. */
export function permissionRequest(
  type: PermissionType,
  target: Key | KeyRange,
): MessageInit<WirePermission> {
  return { permType: assertOneOf(type, 'type', wireTypes), ...permissionSpan(target) }
}

/** What a permission is about, on the wire. A range without keys is a `RangeError`. */
export function permissionSpan(target: Key | KeyRange): Span {
  const span = allKeys.span(target)
  const { key, rangeEnd } = span
  if (isRange(target) && !equalBytes(rangeEnd, zeroByte) && !isBefore(key, rangeEnd)) {
    throw new RangeError('there is no key in the range')
  }
  return span
}

/** A permission as callers see it. */
export function permissionOf({ permType, key, rangeEnd }: WirePermission): Permission {
  return { type: typeOf(permType), target: targetOf(key, rangeEnd) }
}

function typeOf(permType: WireType): PermissionType {
  switch (permType) {
    case WireType.READ:
      return 'read'
    case WireType.WRITE:
      return 'write'
    case WireType.READWRITE:
      return 'readwrite'
    default:
      throw new EtcdError(`there is no permission type ${permType}`, { code: 'decode-failed' })
  }
}

function targetOf(key: Uint8Array, rangeEnd: Uint8Array): Key | KeyRange {
  if (rangeEnd.length === 0) return readableKey(key)
  return {
    kind: 'range',
    // One zero byte is the very first key there is.
    start: equalBytes(key, zeroByte) ? noBytes : key,
    end: equalBytes(rangeEnd, zeroByte) ? undefined : rangeEnd,
  }
}

function isBefore(left: Uint8Array, right: Uint8Array): boolean {
  const shorter = Math.min(left.length, right.length)
  for (let index = 0; index < shorter; index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return left.length < right.length
}
