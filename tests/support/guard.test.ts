// What a test process started does not outlive it.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { pollUntil } from './poll.ts'

// TypeScript, as it is.
const fromSource = ['--import', 'tsx', '--conditions=etcdkit-source']

const child = fileURLToPath(new URL('guard-fixture.ts', import.meta.url))

it('guardProcess and guardFolder hold when the test process is killed', async () => {
  const owner = spawn(process.execPath, [...fromSource, child], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(createInterface(owner.stdout), 'line')
  const { pid, released, folder } = JSON.parse(line)
  assert.ok(isAlive(pid) && isAlive(released) && existsSync(folder))
  owner.kill('SIGKILL')
  const gone = (): boolean => !isAlive(pid) && !existsSync(folder)
  await pollUntil(gone, { what: 'the guard', deadlineMs: 20_000 })
  assert.ok(isAlive(released))
  process.kill(released, 'SIGKILL')
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
