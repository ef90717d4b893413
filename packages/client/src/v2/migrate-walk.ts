// The files of a v2 tree in batches, directory by directory: no more than the largest directory is in memory.

import type { V2Keyspace } from './keyspace.ts'
import type { V2File, V2Node } from './node.ts'
import type { V2CallOptions } from './verb-options.ts'

/** When something ends: by its own time to live, or by that of a directory above it. */
export interface Ending {
  /** By the servers' clock, in whole seconds: what ends in the same one ends together. */
  readonly second: number
  /** By this process's monotonic clock, in milliseconds. */
  readonly at: number
}

/** A file to be copied. */
export interface Item {
  /** In v2. */
  readonly key: string
  readonly value: Uint8Array
  readonly ending: Ending | undefined
}

// etcd takes 128 operations in a transaction, and 1.5 MiB in a request.
const maxItems = 100
const maxBytes = 512 * 1024

/** What a walk needs of whoever asks for it. */
export interface WalkPlan {
  readonly options: V2CallOptions
  /** A directory was read. */
  onDirectory(): void
}

/** All files below the keyspace's root. Hidden ones (`_name`) are in no listing of etcd's. Throws `TypeError` if it is none. */
export async function* walk(
  v2: V2Keyspace<Uint8Array>,
  { options, onDirectory }: WalkPlan,
): AsyncGenerator<readonly Item[], void, undefined> {
  let batch: Item[] = []
  let size = 0
  const waiting: { readonly key: string; readonly ending: Ending | undefined }[] = [
    { key: '/', ending: undefined },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const node = await v2.get(next.key, { ...options, quorum: true })
    // It may have gone since its parent was read.
    if (node === undefined && next.key !== '/') continue
    if (node?.dir !== true && next.key === '/') throw new TypeError('there is no such directory')
    const now = performance.now()
    const ending = earlier(next.ending, endingOf(node, now))
    onDirectory()
    for (const child of node?.dir === true ? node.nodes : fileOf(node)) {
      const childEnding = earlier(ending, endingOf(child, now))
      if (child.dir) {
        waiting.push({ key: child.key, ending: childEnding })
        continue
      }
      const value = child.value ?? new Uint8Array()
      const bytes = value.length + child.key.length
      if (batch.length >= maxItems || (size + bytes > maxBytes && batch.length > 0)) {
        yield batch
        batch = []
        size = 0
      }
      batch.push({ key: child.key, value, ending: childEnding })
      size += bytes
    }
  }
  if (batch.length > 0) yield batch
}

// What was a directory when its parent was read may be a file by now.
function fileOf(node: V2Node<Uint8Array> | undefined): readonly V2File<Uint8Array>[] {
  return node?.dir === false ? [node] : []
}

function endingOf(node: V2Node<unknown> | undefined, now: number): Ending | undefined {
  if (node?.expiration === undefined) return undefined
  return {
    second: Math.ceil(node.expiration.getTime() / 1000),
    // Without one, its time is over.
    at: now + (node.ttlSeconds ?? 0) * 1000,
  }
}

function earlier(a: Ending | undefined, b: Ending | undefined): Ending | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return a.second <= b.second ? a : b
}
