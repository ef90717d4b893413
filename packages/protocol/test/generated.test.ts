// src/gen is what the generator makes of the .proto files.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

test('npm run generate would change nothing', () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', 'tools/generate.ts', '--check'],
    { cwd: root, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
})
