// The check of writes finds what it is for, and nothing else.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Change, changeOfWire } from '../../history/describe.ts'
import { Tally } from '../../round/tally.ts'
import { Violations } from '../../round/violations.ts'
import { checkWrites } from './check.ts'
import { type CallRecord, CallRecorder } from './record.ts'

const encoder = new TextEncoder()

/** A put as etcd's history has it. */
function put(revision: number, key: string, value: string): Change {
  return changeOfWire({
    type: 0,
    kv: {
      key: encoder.encode(key),
      value: encoder.encode(value),
      createRevision: revision,
      modRevision: revision,
      version: 1,
      lease: '0',
    },
    prevKv: undefined,
  })
}

/** What the check says of calls, made one after the other unless they say otherwise. */
function kindsFor(calls: (recorder: CallRecorder) => void, changes: readonly Change[]): string[] {
  let moment = 0
  const recorder = new CallRecorder(() => moment++)
  calls(recorder)
  const violations = new Violations()
  checkWrites(recorder.records, changes, { violations, tally: new Tally() })
  return violations.list.map(({ kind }) => kind)
}

function putOf(recorder: CallRecorder, value: string): CallRecord {
  return recorder.begin('w', ['k'], { kind: 'put', value })
}

function succeed(recorder: CallRecorder, record: CallRecord, revision: number): void {
  recorder.succeed(record, { output: {}, revision, changed: true })
}

it('checkWrites finds nothing wrong with writes that are in the history as they were answered', () => {
  const kinds = kindsFor(
    (recorder) => {
      succeed(recorder, putOf(recorder, 'a'), 2)
      recorder.fail(putOf(recorder, 'b'), 'not-applied')
      recorder.fail(putOf(recorder, 'c'), 'unknown')
      recorder.fail(putOf(recorder, 'd'), 'unknown')
      const read = recorder.begin('w', ['k'], { kind: 'get' })
      recorder.succeed(read, { output: { found: 'c' }, revision: 3, changed: false })
    },
    [put(2, 'k', 'a'), put(3, 'k', 'c')],
  )
  assert.deepEqual(kinds, [])
})

it('checkWrites tells writes that are lost, doubled, at another revision, or applied against the answer', () => {
  const once = (recorder: CallRecorder): void => succeed(recorder, putOf(recorder, 'a'), 2)
  assert.deepEqual(kindsFor(once, []), ['lost-write'])
  assert.deepEqual(kindsFor(once, [put(2, 'k', 'a'), put(3, 'k', 'a')]), ['doubled-write'])
  assert.deepEqual(kindsFor(once, [put(3, 'k', 'a')]), ['wrong-revision'])
  const refused = (recorder: CallRecorder): void => {
    recorder.fail(putOf(recorder, 'a'), 'not-applied')
  }
  assert.deepEqual(kindsFor(refused, [put(2, 'k', 'a')]), ['false-not-applied'])
  const unknown = (recorder: CallRecorder): void => recorder.fail(putOf(recorder, 'a'), 'unknown')
  assert.deepEqual(kindsFor(unknown, [put(2, 'k', 'a')]), [])
  assert.deepEqual(kindsFor(unknown, [put(2, 'k', 'a'), put(3, 'k', 'a')]), ['doubled-write'])
})

it('checkWrites tells a swap that says it was refused, and was not', () => {
  const kinds = kindsFor(
    (recorder) => {
      const input = { kind: 'swap', expected: undefined, value: 'a' } as const
      const swap = recorder.begin('w', ['k'], input)
      const output = { succeeded: false, found: 'a' }
      recorder.succeed(swap, { output, revision: 2, changed: false })
    },
    [put(2, 'k', 'a')],
  )
  assert.deepEqual(kinds, ['not-linearizable', 'false-refusal'])
})

it('checkWrites tells half a transaction, and a delete that is not in the history', () => {
  const half = kindsFor(
    (recorder) => {
      const input = { kind: 'swap', expected: undefined, value: 'a' } as const
      const record = recorder.begin('w', ['k', 'copy'], input)
      recorder.succeed(record, { output: { succeeded: true }, revision: 2, changed: true })
    },
    [put(2, 'k', 'a')],
  )
  assert.deepEqual(half, ['lost-write'])
  const gone = kindsFor(
    (recorder) => {
      succeed(recorder, putOf(recorder, 'a'), 2)
      const record = recorder.begin('w', ['k'], { kind: 'delete' })
      recorder.succeed(record, { output: { found: 'a' }, revision: 3, changed: true })
    },
    [put(2, 'k', 'a')],
  )
  assert.deepEqual(gone, ['lost-write'])
})

it('checkWrites tells a stale read: by its value, and by its revision alone', () => {
  const changes = [put(2, 'k', 'a'), put(3, 'k', 'b')]
  const read = (found: string, revision: number) => (recorder: CallRecorder) => {
    succeed(recorder, putOf(recorder, 'a'), 2)
    succeed(recorder, putOf(recorder, 'b'), 3)
    const record = recorder.begin('w', ['k'], { kind: 'get' })
    recorder.succeed(record, { output: { found }, revision, changed: false })
  }
  assert.deepEqual(kindsFor(read('b', 3), changes), [])
  assert.deepEqual(kindsFor(read('a', 3), changes), ['not-linearizable'])
  assert.deepEqual(kindsFor(read('b', 2), changes), ['back-in-time'])
})
