// The log of changes, larger than its chunks, against a plain list.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ChangeLog } from '../../src/store/change-log.ts'
import { KeyRecord, Version } from '../../src/store/version.ts'

function versionAt(modRevision: number): Version {
  const bytes = new Uint8Array(0)
  const kv = { key: bytes, value: bytes, createRevision: 1, modRevision, version: 1, lease: '0' }
  return new Version(new KeyRecord(''), kv, 0)
}

function from(log: ChangeLog, revision: number): Version[] {
  const found: Version[] = []
  log.scan(revision, (version) => found.push(version) > 0)
  return found
}

test('ChangeLog has what was added and not dropped, from any revision on', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 900 }), {
    minLength: 1,
    maxLength: 12,
    size: 'max',
  })
  fc.assert(
    fc.property(lengths, fc.array(fc.nat({ max: 14 })), (changesOf, drops) => {
      const log = new ChangeLog()
      let naive: Version[] = []
      changesOf.forEach((count, revision) => {
        for (let change = 0; change < count; change++) {
          const version = versionAt(revision)
          naive.push(version)
          log.push(version)
        }
      })
      for (const revision of drops) {
        const dropped = naive.find(({ kv }) => kv.modRevision === revision)
        naive = naive.filter((each) => each.kv.modRevision >= revision && each !== dropped)
        log.dropBefore(revision, (version) => version !== dropped)
        for (let start = 0; start <= changesOf.length; start++) {
          const expected = naive.filter(({ kv }) => kv.modRevision >= start)
          const found = from(log, start)
          assert.equal(found.length, expected.length)
          assert.ok(found.every((version, index) => version === expected[index]))
        }
      }
    }),
    { numRuns: 40 },
  )
})

test('ChangeLog.scan stops when told to', () => {
  const log = new ChangeLog()
  for (let revision = 0; revision < 3000; revision++) log.push(versionAt(revision))
  let seen = 0
  log.scan(10, ({ kv }) => {
    seen += 1
    return kv.modRevision < 2000
  })
  assert.equal(seen, 1991)
})
