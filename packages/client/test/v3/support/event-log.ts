// Keeps what a client tells of itself.

import type { ClientEvent } from '@etcdkit/protocol'
import type { EventOutlet } from '../../../src/v3/event-outlet.ts'

/** Somebody who listens, unless told that nobody does. */
export class EventLog implements EventOutlet {
  readonly events: ClientEvent[] = []
  active = true

  emit(event: ClientEvent): void {
    this.events.push(event)
  }

  /** The types of what was told, in order. */
  get types(): string[] {
    return this.events.map(({ type }) => type)
  }
}
