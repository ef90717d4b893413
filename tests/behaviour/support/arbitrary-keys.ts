// Keys and ranges for properties, and what a naive model says of them.

import { everything, from, type KeyRange, prefix, range } from 'etcdkit'
import fc from 'fast-check'

/** A key or a range, as tests make them: keys as bytes. */
export type Target = Uint8Array | KeyRange

// Few bytes, so that keys are prefixes of one another, and those at the ends of the order are among them.
const anyByte = fc.constantFrom(0x00, 0x01, 0x61, 0x62, 0xfe, 0xff)

/** What a key may begin or end with: up to three bytes. */
export const anyPart: fc.Arbitrary<Uint8Array> = fc
  .array(anyByte, { maxLength: 3 })
  .map((list) => Uint8Array.from(list))

/** A key of one to three bytes. */
export const anyKey: fc.Arbitrary<Uint8Array> = anyPart.filter(({ length }) => length > 0)

const anyEnd = anyKey.filter(([first, second]) => first !== 0 || second !== undefined)

/** A key, or a range of any kind. */
export const anyTarget: fc.Arbitrary<Target> = fc.oneof(
  anyKey,
  anyPart.map(prefix),
  anyPart.map(from),
  fc.constant(everything),
  fc.tuple(anyPart, anyEnd).map(([start, end]) => range(start, end)),
)

/** Whether the key is the target, or in it. */
export function isWithin(key: Uint8Array, target: Target): boolean {
  if (target instanceof Uint8Array) return Buffer.compare(key, target) === 0
  const { start, end } = target
  return Buffer.compare(key, start) >= 0 && (end === undefined || Buffer.compare(key, end) < 0)
}

/** Bytes in hexadecimal: sorted as text they are in the order of bytes. */
export function hex(part: Uint8Array): string {
  return Buffer.from(part).toString('hex')
}

/** The bytes of {@link hex}. */
export function unhex(digits: string): Uint8Array {
  return Uint8Array.from(Buffer.from(digits, 'hex'))
}
