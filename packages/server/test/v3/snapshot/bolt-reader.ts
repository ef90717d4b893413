// Reads a file of bbolt as its format says, page by page, and finds fault with whatever is not as it should be.

import assert from 'node:assert/strict'

const pageBytes = 4096
const [branchFlag, leafFlag, metaFlag, freelistFlag] = [1, 2, 4, 16]

/** What a file holds: its buckets by name, their entries in order. */
export function readBoltFile(file: Buffer): Map<string, [Buffer, Buffer][]> {
  assert.equal(file.length % pageBytes, 0)
  const seen = new Set([0, 1, 2])
  const metas = [0, 1].map((number) => readMeta(file, number))
  const [first, second] = metas
  assert.deepEqual([first?.root, first?.pages], [second?.root, second?.pages])
  assert.equal(first?.pages, file.length / pageBytes)
  assert.equal(file.readUInt16LE(2 * pageBytes + 8), freelistFlag)
  const buckets = new Map<string, [Buffer, Buffer][]>()
  for (const { key, value, flags } of readTree(file, first?.root ?? 0, seen)) {
    assert.equal(flags, 1, 'the root has buckets alone')
    const entries = readTree(file, Number(value.readBigUInt64LE(0)), seen)
    buckets.set(
      key.toString(),
      entries.map((entry) => [entry.key, entry.value]),
    )
  }
  assert.equal(seen.size, file.length / pageBytes, 'every page is of some use')
  return buckets
}

function readMeta(file: Buffer, number: number): { root: number; pages: number } {
  const page = file.subarray(number * pageBytes)
  assert.equal(page.readUInt16LE(8), metaFlag)
  assert.deepEqual(
    [16, 20, 24].map((at) => page.readUInt32LE(at)),
    [0xed0cdaed, 2, pageBytes],
  )
  assert.equal(page.readBigUInt64LE(48), 2n)
  assert.equal(page.readBigUInt64LE(64), BigInt(number))
  return { root: Number(page.readBigUInt64LE(32)), pages: Number(page.readBigUInt64LE(56)) }
}

interface Item {
  readonly key: Buffer
  readonly value: Buffer
  readonly flags: number
}

function readTree(file: Buffer, number: number, seen: Set<number>): Item[] {
  const page = file.subarray(number * pageBytes)
  assert.equal(Number(page.readBigUInt64LE(0)), number)
  const [flags, count, overflow] = [
    page.readUInt16LE(8),
    page.readUInt16LE(10),
    page.readUInt32LE(12),
  ]
  for (let each = number; each <= number + overflow; each++) {
    assert.ok(!seen.has(each), `page ${each} is used twice`)
    seen.add(each)
  }
  const whole = page.subarray(0, (overflow + 1) * pageBytes)
  const items = Array.from({ length: count }, (_, index) => 16 + 16 * index)
  const keys = items.map((at) => readKey(whole, at, flags))
  for (let index = 1; index < keys.length; index++) {
    assert.ok(Buffer.compare(keys[index - 1] as Buffer, keys[index] as Buffer) < 0, 'keys in order')
  }
  if (flags === leafFlag)
    return items.map((at, index) => readLeaf(whole, at, keys[index] as Buffer))
  assert.equal(flags, branchFlag)
  assert.ok(count >= 1)
  return items.flatMap((at, index) => {
    const below = readTree(file, Number(whole.readBigUInt64LE(at + 8)), seen)
    assert.deepEqual(below[0]?.key, keys[index])
    return below
  })
}

function readKey(page: Buffer, at: number, flags: number): Buffer {
  const [offset, length] = flags === leafFlag ? [4, 8] : [0, 4]
  const start = at + page.readUInt32LE(at + offset)
  return page.subarray(start, start + page.readUInt32LE(at + length))
}

function readLeaf(page: Buffer, at: number, key: Buffer): Item {
  const start = at + page.readUInt32LE(at + 4) + key.length
  const value = page.subarray(start, start + page.readUInt32LE(at + 12))
  return { key, value, flags: page.readUInt32LE(at) }
}
