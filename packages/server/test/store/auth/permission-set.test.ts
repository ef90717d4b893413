// Permissions together cover what each key alone would need: held against a model that asks key by key.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Permission, PermissionType } from '@etcdkit/protocol'
import fc from 'fast-check'
import { PermissionSet } from '../../../src/store/auth/permission-set.ts'
import { requestRange } from '../../../src/store/key-range.ts'
import { bytes } from '../world.ts'

const letters = [...'abcdefgh']
/** Every end there is, and none at all. */
const ends = ['', '\0', ...letters]

const range = fc.record({
  key: fc.constantFrom(...letters),
  rangeEnd: fc.constantFrom(...ends),
})

const permission = fc
  .tuple(
    range,
    fc.constantFrom(PermissionType.READ, PermissionType.WRITE, PermissionType.READWRITE),
  )
  .filter(([{ key, rangeEnd }]) => rangeEnd === '' || rangeEnd === '\0' || key < rangeEnd)
  .map(
    ([{ key, rangeEnd }, permType]): Permission => ({
      permType,
      key: bytes(key),
      rangeEnd: bytes(rangeEnd),
    }),
  )

interface Range {
  readonly key: string
  readonly rangeEnd: string
}

/** Points that tell all ranges here apart: the letters, something after each, and what is beyond them all. */
const points = letters.flatMap((letter) => [letter, `${letter}x`]).concat('zz')

function holds({ key, rangeEnd }: Range, point: string): boolean {
  if (rangeEnd === '') return point === key
  return point >= key && (rangeEnd === '\0' || point < rangeEnd)
}

function allowed(permissions: readonly Permission[], asked: Range, type: PermissionType): boolean {
  const ranges = permissions
    .filter(({ permType }) => permType === type || permType === PermissionType.READWRITE)
    .map(({ key, rangeEnd }) => ({
      key: Buffer.from(key).toString('latin1'),
      rangeEnd: Buffer.from(rangeEnd).toString('latin1'),
    }))
  const wanted = points.filter((point) => holds(asked, point))
  // Of a range without keys the start counts.
  const needed = wanted.length === 0 ? [asked.key] : wanted
  return needed.every((point) => ranges.some((each) => holds(each, point)))
}

test('PermissionSet allows what each of its keys is allowed', () => {
  const property = fc.property(
    fc.array(permission, { maxLength: 5 }),
    range,
    (permissions, asked) => {
      const set = new PermissionSet(permissions)
      const keys = requestRange(bytes(asked.key), bytes(asked.rangeEnd))
      assert.equal(set.canRead(keys), allowed(permissions, asked, PermissionType.READ))
      assert.equal(set.canWrite(keys), allowed(permissions, asked, PermissionType.WRITE))
    },
  )
  fc.assert(property, { numRuns: 2000 })
})

test('PermissionSet joins ranges that touch, and no others', () => {
  const perm = (key: string, rangeEnd: string): Permission => ({
    permType: PermissionType.READ,
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
  })
  const set = new PermissionSet([perm('p/5', 'p0'), perm('p/', 'p/5')])
  const may = (key: string, rangeEnd: string) =>
    set.canRead(requestRange(bytes(key), bytes(rangeEnd)))
  assert.deepEqual(
    [may('p/', 'p0'), may('p/3', 'p/7'), may('p/', 'p1'), may('p/', '\0'), may('p', '')],
    [true, true, false, false, false],
  )
  assert.equal(set.canWrite(requestRange(bytes('p/1'), bytes(''))), false)
})
