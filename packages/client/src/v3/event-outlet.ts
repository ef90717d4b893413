// Where what happens in a client is told.

import type { ClientEvent } from '@etcdkit/protocol'

/** Takes events. While it is not active nobody listens, and there is no need to make one. */
export interface EventOutlet {
  readonly active: boolean
  /** Never throws. */
  emit(event: ClientEvent): void
}
