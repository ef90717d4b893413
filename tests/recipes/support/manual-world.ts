// An embedded server and clients of it whose time a test moves by hand.

import { EtcdServer } from '@etcdkit/server'
import { type Clock, CoordinatedClient } from 'etcdkit'
import { ManualClock } from '../../../packages/server/src/store/manual-clock.ts'

/** A world whose time stands still until it is told to go on. */
export class ManualWorld implements AsyncDisposable {
  readonly server: EtcdServer = EtcdServer.create({ clock: 'manual' })
  readonly #time = new ManualClock()
  readonly #clients: CoordinatedClient[] = []
  /** The time of the clients. */
  readonly clock: Clock = {
    now: () => this.#time.now(),
    setTimeout: (callback, delayMs) => this.#time.after(delayMs, callback),
    // Only what `setTimeout` answered is given.
    clearTimeout: (timer) => (timer as (() => void) | undefined)?.(),
  }

  /** A client, closed with the world. */
  connect({ clock = this.clock }: { readonly clock?: Clock } = {}): CoordinatedClient {
    const client = new CoordinatedClient(this.server.transport, { clock })
    this.#clients.push(client)
    return client
  }

  /**
   * Moves the time of all on; what they have to say to each other in between is said. The server's moves first: what it
   * hears at a moment was said no later than that.
   */
  async advance(ms: number, stepMs = 250): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(stepMs, left)
      this.server.clock.advance(step)
      await this.settle()
      this.#time.advance(step)
      await this.settle()
    }
  }

  /** Moves time on until `promise` settles, and settles as it does. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = (): void => {
      isSettled = true
    }
    promise.then(settled, settled)
    await this.settle()
    for (let step = 0; step < 1000 && !isSettled; step++) await this.advance(250)
    if (!isSettled) throw new Error('Nothing came of it in 250 seconds')
    return promise
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.close()
    await this.server.close()
  }
}
