// Values as v2 has them, and the conditions on them.

import { decodeUtf8 } from '@etcdkit/protocol'
import type { Codec } from '../v3/codec.ts'
import { checkIndex, type Fields, type V2Condition } from './verb-options.ts'

/** A value as it is sent. Throws what the codec throws, and `TypeError` on what is no text. */
export function textOf<W>(codec: Codec<unknown, W>, value: W): string {
  const bytes = codec.encode(value)
  try {
    return decodeUtf8(bytes)
  } catch (cause) {
    throw new TypeError('values of the v2 API are text: these bytes are not UTF-8', { cause })
  }
}

/** The fields of a condition. Throws `TypeError` or `RangeError` on what is none. */
export function conditionOf<W>(
  codec: Codec<unknown, W>,
  { prevValue, prevIndex }: V2Condition,
  isRequired: boolean,
): Fields {
  if (isRequired && prevValue === undefined && prevIndex === undefined) {
    throw new TypeError('prevValue or prevIndex must be given')
  }
  if (prevIndex !== undefined) checkIndex('prevIndex', prevIndex)
  // What the codec does not take it says itself.
  const text = prevValue === undefined ? undefined : textOf(codec, prevValue as W)
  if (text === '') throw new TypeError('prevValue cannot be empty in etcd: give prevIndex instead')
  return { prevValue: text, prevIndex }
}
