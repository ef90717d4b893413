// Fails a test that leaves sockets, servers, timers or processes behind.

import { afterEach, beforeEach } from 'node:test'
import { pollUntil } from './poll.ts'

const settleMs = 3000

/**
 * Checks every test of the enclosing suite, or of the file: after it, no more keeps this process alive than before.
 * What is closing is given three seconds. What is unref'd is not seen.
 */
export function failOnLeaks(): void {
  let before: string[] = []
  beforeEach(() => {
    before = activeResources()
  })
  afterEach(() => assertNoLeaks(before))
}

/** What keeps this process alive now, for {@link assertNoLeaks}. Work under way in the event loop's own threads is left out. */
export function activeResources(): string[] {
  return process.getActiveResourcesInfo().filter((name) => !/Immediate|TickObject|Req/.test(name))
}

/** Rejects, naming them, when more resources of a kind are alive than before, and stay so for three seconds. */
export async function assertNoLeaks(before: readonly string[]): Promise<void> {
  let left: string[] = []
  const check = (): boolean => {
    left = without(activeResources(), before)
    return left.length === 0
  }
  await pollUntil(check, { what: 'resources to close', deadlineMs: settleMs }).catch(() => {
    throw new Error(`The test leaks ${left.join(', ')}: still there after ${settleMs} ms`)
  })
}

function without(names: readonly string[], taken: readonly string[]): string[] {
  const rest = [...taken]
  return names.filter((name) => {
    const index = rest.indexOf(name)
    if (index >= 0) rest.splice(index, 1)
    return index < 0
  })
}
