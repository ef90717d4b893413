// The last thousand events, for watches that begin in the past.

import { V2Error } from './error.ts'
import type { V2Event } from './event.ts'

const capacity = 1000

/** What a watch is about. */
export interface WatchScope {
  /** The path in the tree. */
  readonly path: string
  readonly isRecursive: boolean
}

/** Events by their index, of which each has one more than the one before. */
export class EventHistory {
  readonly #events: V2Event[] = []
  #last = 0

  /** Index of the oldest event there is; 0 before the first. */
  get oldest(): number {
    return this.#last === 0 ? 0 : this.#last - this.#events.length + 1
  }

  add(event: V2Event): void {
    this.#last = event.node.modifiedIndex
    // The slots of an array that is full are used again, in turn.
    if (this.#events.length < capacity) this.#events.push(event)
    else this.#events[(this.#last - 1) % capacity] = event
  }

  /** The first event from `index` on that a watch is told of. Throws `V2Error` 401 when the past is gone that far. */
  find(scope: WatchScope, index: number): V2Event | undefined {
    const { oldest } = this
    if (index < oldest) {
      throw new V2Error(401, `the requested history has been cleared [${oldest}/${index}]`)
    }
    for (let at = index; at <= this.#last; at++) {
      const event = this.#events[(at - 1) % capacity]
      if (event !== undefined && !event.isRefresh && isAbout(event, scope)) return event
    }
    return undefined
  }
}

/** Unlike a watch that waits, one of the past knows no hidden keys, and takes a directory for the start of a name. */
function isAbout({ action, node, prevNode }: V2Event, { path, isRecursive }: WatchScope): boolean {
  if (node.key === path) return true
  if (isRecursive && node.key.startsWith(path === '/' ? path : `${path}/`)) return true
  const isGone = action === 'delete' || action === 'expire'
  return isGone && prevNode?.dir === true && path.startsWith(prevNode.key)
}
