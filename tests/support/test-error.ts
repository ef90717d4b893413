// How a test's error is written for people: message, difference, stack, and what caused it.

import { inspect } from 'node:util'

/** The text of an error as the test runner hands it over, with the runner's own wrapping and stack lines taken off. */
export function describeTestError(error: unknown): string {
  const cause = isWrapped(error) ? error.cause : error
  if (typeof cause === 'string') return `  ${cause}${describeExit(error)}`
  const text =
    cause instanceof Error && 'code' in cause && cause.code === 'ERR_ASSERTION'
      ? // The stack has the message with the difference in it; inspect would add both values whole.
        (cause.stack ?? cause.message)
      : inspect(cause)
  const lines = text.split('\n').filter((line) => !/^ +at .*node:internal\//.test(line))
  return lines.map((line) => `  ${line}`).join('\n')
}

function isWrapped(error: unknown): error is Error & { readonly cause: unknown } {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_TEST_FAILURE' &&
    error.cause !== undefined
  )
}

/** How a test file's process ended; empty where that is not the trouble. */
function describeExit(error: unknown): string {
  if (!(error instanceof Error)) return ''
  // The runner adds these to the error of a file.
  const { exitCode, signal } = error as { readonly exitCode?: unknown; readonly signal?: unknown }
  if (typeof signal === 'string') return `, killed by ${signal}`
  return typeof exitCode === 'number' ? `, exit code ${exitCode}` : ''
}
