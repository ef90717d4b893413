// The reporter of `npm test`: one line a file, every failure in full, and the closing lines of node's own summary.
// What tests write is shown only for files that fail.

import type { TestEvent } from 'node:test/reporters'
import { inspect } from 'node:util'
import { EventGroups, isWholeFile, type OrderedEvent, type SourceOf } from './event-groups.ts'
import { describeTestError } from './test-error.ts'

/** What is known of a test file so far. */
interface FileRun {
  readonly file: string
  passed: number
  durationMs: number
  output: string
  readonly failures: string[]
  /** The names around the test whose events come in now, outermost first. */
  readonly path: string[]
}

/** Reports all events of a run; `sourceOf` tells the name of a file as people know it. */
export async function* report(
  events: AsyncIterable<TestEvent>,
  sourceOf: SourceOf,
): AsyncGenerator<string> {
  const unfinished = new UnfinishedTests(sourceOf)
  const groups = new EventGroups(sourceOf)
  const failures: string[] = []
  const closing: string[] = []
  let run: FileRun | undefined
  for await (const event of events) {
    unfinished.note(event)
    if (event.type === 'test:diagnostic' && event.data.file === undefined) {
      closing.push(`# ${event.data.message}\n`)
    }
    for (const { file, events: group } of groups.add(event)) {
      if (run && run.file !== file) yield finishFile(run, failures)
      if (run?.file !== file) run = startFile(file)
      for (const one of group) noteEvent(one, run, unfinished)
    }
  }
  if (run) yield finishFile(run, failures)
  if (failures.length > 0) yield `\nFailed:\n\n${failures.join('\n')}\n`
  yield `\n${closing.join('')}`
}

function startFile(file: string): FileRun {
  return { file, passed: 0, durationMs: 0, output: '', failures: [], path: [] }
}

function noteEvent(event: OrderedEvent, run: FileRun, unfinished: UnfinishedTests): void {
  if (event.type === 'test:stdout' || event.type === 'test:stderr') {
    run.output += event.data.message
    return
  }
  const { name, nesting } = event.data
  run.path.splice(nesting, Number.POSITIVE_INFINITY, name)
  if (event.type === 'test:start') return
  const { duration_ms: durationMs, type } = event.data.details
  if (nesting === 0) run.durationMs += durationMs
  if (event.type === 'test:fail') noteFailure(event.data, run, unfinished)
  else if (type !== 'suite' && !unfinished.isWhole(name, run.file)) run.passed++
}

type FailData = Extract<TestEvent, { type: 'test:fail' }>['data']

function noteFailure(data: FailData, run: FileRun, unfinished: UnfinishedTests): void {
  const { error } = data.details
  // A suite fails with its tests, which have been told.
  if ('failureType' in error && error.failureType === 'subtestsFailed') return
  const lines = describeTestError(error)
  if (unfinished.isWhole(data.name, run.file)) {
    run.failures.push(`✖ ${run.file}\n${lines}\n${whatHung(error, unfinished.of(run.file))}`)
    return
  }
  run.failures.push(`✖ ${run.file}\n  ${run.path.join(' > ')}\n${lines}\n`)
}

/** What a file that ran out of time was still doing. */
function whatHung(error: Error, unfinished: readonly string[]): string {
  if (unfinished.length > 0) return unfinished.map((name) => `  not finished: ${name}\n`).join('')
  return 'failureType' in error && error.failureType === 'testTimeoutFailure'
    ? '  all tests had ended, but something they left kept the process alive\n'
    : ''
}

function finishFile(run: FileRun, failures: string[]): string {
  const { passed, failures: own, durationMs } = run
  failures.push(...own)
  const count = own.length === 0 ? `${passed} passed` : `${passed} passed, ${own.length} FAILED`
  const sign = own.length === 0 ? '✔' : '✖'
  const line = `${sign} ${run.file}: ${count}, ${Math.round(durationMs)} ms\n`
  return own.length === 0 ? line : line + run.output
}

/** Knows which tests have begun and not ended: what a file that was killed was doing. */
class UnfinishedTests {
  readonly #sourceOf: SourceOf
  readonly #begun = new Map<string, { readonly file: string; readonly name: string }>()

  constructor(sourceOf: SourceOf) {
    this.#sourceOf = sourceOf
  }

  /** Whether a test stands for its whole file. */
  isWhole(name: string, file: string): boolean {
    return isWholeFile(name, file, this.#sourceOf)
  }

  note(event: TestEvent): void {
    if (event.type !== 'test:dequeue' && event.type !== 'test:complete') return
    const { name, nesting, line, column } = event.data
    const file = event.data.file && this.#sourceOf(event.data.file)
    if (file === undefined || this.isWhole(name, file)) return
    const id = inspect([file, name, nesting, line, column])
    if (event.type === 'test:dequeue') this.#begun.set(id, { file, name })
    else this.#begun.delete(id)
  }

  of(file: string): string[] {
    return [...this.#begun.values()].filter((one) => one.file === file).map(({ name }) => name)
  }
}
