import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createSha256, type Hasher, Sha256 } from '../../../src/v3/maintenance/sha256.ts'

const pieces = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 })

function assertRight(make: () => Hasher, given: readonly Uint8Array[]): void {
  const hasher = make()
  const expected = createHash('sha256')
  for (const piece of given) {
    hasher.update(piece)
    expected.update(piece)
  }
  assert.equal(Buffer.from(hasher.digest()).toString('hex'), expected.digest('hex'))
}

describe('SHA-256', () => {
  for (const [name, make] of [
    ['Sha256', () => new Sha256()],
    ['createSha256', createSha256],
  ] as const) {
    it(`${name} hashes pieces of any size as Node does`, () => {
      fc.assert(fc.property(pieces, (given) => assertRight(make, given)))
    })

    it(`${name} is right around the ends of blocks, and for views on larger buffers`, () => {
      const bytes = Uint8Array.from({ length: 300 }, (_, index) => index * 7)
      for (let length = 0; length <= 260; length++) {
        const view = bytes.subarray(3, 3 + length)
        assertRight(make, [view])
        assertRight(make, [view.subarray(0, length >> 1), view.subarray(length >> 1)])
      }
    })
  }

  it('createSha256 does without Node where there is none', () => {
    const { process } = globalThis
    Object.defineProperty(globalThis, 'process', { value: undefined, configurable: true })
    try {
      assert.ok(createSha256() instanceof Sha256)
    } finally {
      Object.defineProperty(globalThis, 'process', { value: process, configurable: true })
    }
    assert.ok(!(createSha256() instanceof Sha256))
  })
})
