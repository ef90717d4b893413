// How far a watch has come, and where it goes on after its stream broke.

import type { Event } from '@etcdkit/protocol'

/**
 * The revision a watch goes on from: the one after the last event it delivered; until there is one, the one it was
 * asked to start from; and for a watch that was to start "now", the one after the store's when the server made it.
 *
 * The revision in an answer's header is the store's, not the watch's: history comes in several answers that all have
 * the newest revision in their header. Going on from it would skip what was not delivered yet. It counts in two places
 * only: for a watch without start when it is made, and in the progress notification of that one watch.
 *
 * Source: etcd `client/v3/watch.go`, `nextRev`.
 */
export class WatchPosition {
  #next: number
  /** Nothing up to this revision is told any more. */
  #delivered: number

  /** `start`: the first revision to tell of; 0 for what comes after the watch is made. */
  constructor(start: number) {
    this.#next = start
    this.#delivered = start - 1
  }

  /** The start revision to ask for next: 0 before a watch without start is made. */
  get next(): number {
    return this.#next
  }

  /**
   * The server made the watch when the store was at `revision`. A watch without start tells what comes after that: the
   * server may have begun a little earlier, as it reads the revision once the watch is there.
   */
  created(revision: number): void {
    if (this.#next !== 0) return
    this.#next = revision + 1
    this.#delivered = revision
  }

  /**
   * Takes `events` as delivered and answers those that were not delivered before. Only whole revisions may be given.
   */
  deliver(events: readonly Event[]): readonly Event[] {
    const fresh = isFresh(events[0], this.#delivered)
      ? events
      : events.filter((event) => isFresh(event, this.#delivered))
    const last = fresh.at(-1)?.kv
    if (last !== undefined) {
      this.#delivered = last.modRevision
      this.#next = Math.max(this.#next, last.modRevision + 1)
    }
    return fresh
  }

  /** The reader is given the whole state at `revision`. */
  resynced(revision: number): void {
    this.#delivered = revision
    this.#next = revision + 1
  }

  /** The server says that it has told this watch everything up to `revision`. */
  progress(revision: number): void {
    this.#next = Math.max(this.#next, revision + 1)
  }
}

function isFresh(event: Event | undefined, delivered: number): boolean {
  return event?.kv !== undefined && event.kv.modRevision > delivered
}
