import assert from 'node:assert/strict'
import { test } from 'node:test'
import { extractSnippets } from './extract.ts'

const fence = '```'

test('extractSnippets finds the ts blocks of Markdown with their lines', () => {
  const text = ['# Title', `${fence}ts`, 'const a = 1', fence, `${fence}sh`, 'npm ci', fence].join(
    '\n',
  )
  assert.deepEqual(extractSnippets('a.md', text), [{ file: 'a.md', line: 3, code: 'const a = 1' }])
})

test('extractSnippets leaves out blocks that begin with no-check', () => {
  const text = [`${fence}ts`, '// no-check: a sketch', 'const a =', fence].join('\n')
  assert.deepEqual(extractSnippets('a.md', text), [])
})

test('extractSnippets reads doc comments and no other code', () => {
  const text = [
    '/**',
    ' * Adds.',
    ` * ${fence}ts`,
    ' * add(1, 2)',
    ' *   // indented',
    ` * ${fence}`,
    ' */',
    'const fake = `',
    `${fence}ts`,
    'x',
    fence,
    '`',
  ].join('\n')
  assert.deepEqual(extractSnippets('a.ts', text), [
    { file: 'a.ts', line: 4, code: 'add(1, 2)\n  // indented' },
  ])
})
