// Random fields for properties: from small pools, so that repetition, indexing and eviction all happen.

import fc from 'fast-check'
import { staticEntries } from '../../../src/http2/hpack/static-table.ts'
import type { Indexing } from './reference-encoder.ts'

/** A field and how to encode it. */
export type EncodedField = readonly [name: string, value: string, indexing: Indexing]

const name = fc.oneof(
  fc.constantFrom('grpc-status', 'grpc-message', 'content-type', ':status', 'x-a', 'x-b'),
  fc.string({ minLength: 1, maxLength: 5, unit: 'grapheme-ascii' }),
)
const value = fc.oneof(
  fc.constantFrom('', '0', '200', 'application/grpc', 'a longer value than those before it'),
  fc.uint8Array({ maxLength: 60 }).map((octets) => Buffer.from(octets).toString('latin1')),
)
const nameAndValue = fc.oneof(fc.tuple(name, value), fc.constantFrom(...staticEntries))

/** A field encoded in one of these ways. */
export function fieldArbitrary(...indexing: readonly Indexing[]): fc.Arbitrary<EncodedField> {
  return fc
    .tuple(nameAndValue, fc.constantFrom(...indexing))
    .map(([[fieldName, fieldValue], how]) => [fieldName, fieldValue, how])
}
