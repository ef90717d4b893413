// Bounds what a peer can make us do with frames that carry nothing: PING, SETTINGS, empty DATA and their like.

import { ErrorCode } from './constants.ts'
import { connectionError } from './errors.ts'
import type { Outbox } from './outbox.ts'

const maxBacklogBytes = 4 * 1024 * 1024
const maxFrames = 10_000
const periodMs = 10_000

/** Counts frames that carry nothing. */
export class FloodGuard {
  readonly #outbox: Outbox
  #frames = 0
  #since = performance.now()

  constructor(outbox: Outbox) {
    this.#outbox = outbox
  }

  /** One more. Throws a connection error when they come too fast, or are answered but the answers not read. */
  count(): void {
    const backlog = this.#outbox.backlog > maxBacklogBytes
    if (!backlog && ++this.#frames <= maxFrames) return
    const now = performance.now()
    if (backlog || now - this.#since < periodMs) {
      throw connectionError(ErrorCode.enhanceYourCalm, 'the server floods the connection')
    }
    this.#frames = 0
    this.#since = now
  }
}
