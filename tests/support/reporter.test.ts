// The reporter tells failures in full, and passes in one line.

import assert from 'node:assert/strict'
import { relative } from 'node:path'
import { it } from 'node:test'
import type { TestEvent } from 'node:test/reporters'
import { report } from './reporter.ts'
import { describeTestError } from './test-error.ts'

const file = `${process.cwd()}/some.test.ts`
const place = { file, line: 3, column: 1, nesting: 0, testNumber: 1 }
// Where a helper declared the suite that a file is in.
const elsewhere = { ...place, file: `${process.cwd()}/helper.ts` }

it('report writes one line a file, the failures and the closing lines', async () => {
  const cause = new TypeError('deep down')
  const error = Object.assign(new Error('wrapped'), { code: 'ERR_TEST_FAILURE', cause })
  const subtests = Object.assign(new Error('1 failed'), {
    failureType: 'subtestsFailed',
    cause: new Error('unused'),
  })
  const text = await collect([
    { type: 'test:enqueue', data: { ...place, name: file } },
    { type: 'test:start', data: { ...place, name: 'good' } },
    { type: 'test:pass', data: { ...place, name: 'good', details: { duration_ms: 1 } } },
    { type: 'test:start', data: { ...elsewhere, name: 'suite' } },
    { type: 'test:stdout', data: { file, message: 'a word\n' } },
    failure({ ...place, nesting: 1, name: 'bad' }, error),
    failure({ ...elsewhere, name: 'suite' }, subtests),
    { type: 'test:diagnostic', data: { nesting: 0, message: 'tests 2' } },
  ])
  const [line, word, ...rest] = text.split('\n')
  assert.equal(line, '✖ some.test.ts: 1 passed, 1 FAILED, 3 ms')
  assert.equal(word, 'a word')
  assert.match(rest.join('\n'), /✖ some.test.ts\n {2}suite > bad\n {2}TypeError: deep down\n/)
  assert.match(text, /\n# tests 2\n$/)
})

it('describeTestError says how a file ended', () => {
  const cause = 'test failed'
  const error = Object.assign(new Error(cause, { cause }), {
    code: 'ERR_TEST_FAILURE',
    exitCode: 3,
  })
  assert.equal(describeTestError(error), '  test failed, exit code 3')
})

type FailEvent = Extract<TestEvent, { type: 'test:fail' }>
type FailError = FailEvent['data']['details']['error']

function failure(test: typeof place & { readonly name: string }, error: FailError): FailEvent {
  return { type: 'test:fail', data: { ...test, details: { duration_ms: 2, error } } }
}

async function collect(events: readonly TestEvent[]): Promise<string> {
  async function* stream(): AsyncGenerator<TestEvent> {
    yield* events
  }
  let text = ''
  for await (const part of report(stream(), (path) => relative(process.cwd(), path))) text += part
  return text
}
