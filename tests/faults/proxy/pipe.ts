// One direction of a link: takes a chunk, waits for what holds it back, writes it, and only then takes the next. So no
// more than one chunk is in memory beside the sockets' own buffers, however long a peer does not read.

import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Gate } from './gate.ts'

/** How a connection is broken: at once, or after what was sent before has been sent. */
export type CutMode = 'reset' | 'end'

/** What holds bytes back or makes them vanish, for all pipes of a direction. Read anew for each chunk. */
export interface PipeWeather {
  /** Closed: nothing passes until it is open again. */
  readonly gate: Gate
  readonly delayMs: number
  /** Whether what comes vanishes. */
  readonly swallow: boolean
}

/** What a pipe tells of. */
export interface PipeEvents {
  /** As many bytes as were allowed have passed. */
  spent(mode: CutMode): void
  /** Bytes have passed. */
  passed(bytes: number): void
  /** Bytes have vanished. */
  swallowed(bytes: number): void
}

/** Copies what comes from one socket to the other. */
export class Pipe {
  readonly #source: Socket
  readonly #target: Socket
  readonly #weather: PipeWeather
  readonly #events: PipeEvents
  #left = Number.POSITIVE_INFINITY
  #mode: CutMode = 'reset'

  constructor(source: Socket, target: Socket, weather: PipeWeather, events: PipeEvents) {
    this.#source = source
    this.#target = target
    this.#weather = weather
    this.#events = events
  }

  /** After this many more bytes, the link is to be cut. */
  cutAfter(bytes: number, mode: CutMode): void {
    this.#left = Math.min(this.#left, bytes)
    this.#mode = mode
    if (this.#left === 0) this.#events.spent(mode)
  }

  /** Copies until the source ends, which ends the target as well, or breaks. */
  async run(): Promise<void> {
    for await (const chunk of this.#source.iterator({ destroyOnReturn: false })) {
      if (!(await this.#pass(chunk as Buffer))) return
    }
    await this.#weather.gate.passage()
    this.#target.end()
  }

  /** Resolves with whether there is more to pass. */
  async #pass(chunk: Buffer): Promise<boolean> {
    const { delayMs } = this.#weather
    if (delayMs > 0) await delay(delayMs)
    await this.#weather.gate.passage()
    if (this.#weather.swallow) {
      this.#events.swallowed(chunk.length)
      return true
    }
    const part = chunk.length > this.#left ? chunk.subarray(0, this.#left) : chunk
    this.#left -= part.length
    this.#events.passed(part.length)
    if (part.length > 0) await write(this.#target, part)
    if (this.#left > 0) return true
    this.#events.spent(this.#mode)
    return false
  }
}

/** Resolves when the socket takes more; a socket that breaks resolves too, as its link hears of it otherwise. */
function write(socket: Socket, chunk: Buffer): Promise<void> {
  return new Promise((resolve) => {
    socket.write(chunk, () => resolve())
  })
}
