// Keeps tests that share a server out of each other's way.

import { randomUUID } from 'node:crypto'

let count = 0

/** A key prefix that nobody else uses: `t1-8f14e45f/`. It is no prefix of another one. */
export function uniquePrefix(): string {
  count++
  return `t${count}-${randomUUID().slice(0, 8)}/`
}
