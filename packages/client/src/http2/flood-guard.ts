// Bounds what a peer can make us do with frames that carry nothing: PING, SETTINGS, empty DATA and their like.

import { ErrorCode } from './constants.ts'
import { connectionError } from './errors.ts'
import type { Outbox } from './outbox.ts'

// grpc-go sends a PING and a WINDOW_UPDATE for each request it reads while it measures the bandwidth: tens of
// thousands a second on a quick network.
const maxFrames = 1_000_000
const periodMs = 10_000
// As in Go's `net/http2` (`maxQueuedControlFrames`).
const maxUnread = 10_000

/** Counts frames that carry nothing. */
export class FloodGuard {
  readonly #outbox: Outbox
  #frames = 0
  #since = performance.now()
  #blockage = 0
  #unread = 0

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** One more. Throws a connection error when they come too fast, or are answered but the answers not read. */
  count(): void {
    this.#countUnread()
    if (++this.#frames <= maxFrames) return
    const now = performance.now()
    if (now - this.#since < periodMs) throw flooded()
    this.#frames = 0
    this.#since = now
  }

  #countUnread(): void {
    const { blockage } = this.#outbox
    if (blockage !== this.#blockage) {
      this.#blockage = blockage
      this.#unread = 0
    }
    if (blockage !== 0 && ++this.#unread > maxUnread) throw flooded()
  }
}

function flooded(): Error {
  return connectionError(ErrorCode.enhanceYourCalm, 'the server floods the connection')
}
