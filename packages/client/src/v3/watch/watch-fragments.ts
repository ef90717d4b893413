// Puts together what a server cut into several answers: what is told to a reader must never split a revision.

import { EtcdError, type Event, type WatchResponse } from '@etcdkit/protocol'
import { sizeOf } from './watch-buffer.ts'

/** What a revision may take in memory before its end is known. */
const maxBytes = 512 * 1024 * 1024

/** The events of a revision of which more may come. */
export class WatchFragments {
  #events: Event[] = []
  #bytes = 0

  get isEmpty(): boolean {
    return this.#events.length === 0
  }

  /**
   * Takes an answer, and gives the revisions that are whole with it: of a fragment all but the last. Throws
   * `message-too-large` when a revision has no end.
   */
  take({ events, fragment }: WatchResponse): readonly Event[] {
    if (!fragment && this.#events.length === 0) return events
    const all = this.#events
    for (const event of events) all.push(event)
    if (!fragment) {
      this.clear()
      return all
    }
    const open = all.at(-1)?.kv?.modRevision
    const firstOpen = all.findIndex((event) => event.kv?.modRevision === open)
    if (firstOpen > 0) this.#keep(all.splice(firstOpen))
    else this.#bytes += sizeOf(events)
    if (this.#bytes <= maxBytes) return firstOpen > 0 ? all : []
    const message = `revision ${open} has more than ${maxBytes} bytes of changes`
    throw new EtcdError(message, { code: 'message-too-large' })
  }

  clear(): void {
    this.#events = []
    this.#bytes = 0
  }

  #keep(events: Event[]): void {
    this.#events = events
    this.#bytes = sizeOf(events)
  }
}
