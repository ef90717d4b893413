// A stream of renewals, and which of them are not answered yet.

import {
  EtcdError,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  type MessageStream,
} from '@etcdkit/protocol'

/** A keep-alive stream. The server answers each renewal, in the order in which they were sent. */
export class RenewalStream {
  readonly openedAt: number
  readonly #stream: MessageStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>
  /** When each was sent that is not answered, oldest first. */
  readonly #sentAt = new Map<string, number>()

  constructor(
    stream: MessageStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>,
    openedAt: number,
  ) {
    this.#stream = stream
    this.openedAt = openedAt
  }

  /** What its transport knows it by. */
  get stream(): object {
    return this.#stream
  }

  /** The leases whose renewal is not answered. What the server ends the stream for, it says of the first. */
  get awaited(): readonly string[] {
    return [...this.#sentAt.keys()]
  }

  /** Whether a renewal of the lease is on its way. */
  awaits(id: string): boolean {
    return this.#sentAt.has(id)
  }

  send(id: string, now: number): void {
    this.#sentAt.set(id, now)
    this.#stream.send({ ID: id })
  }

  /** Says that no more renewals will be sent. */
  end(): void {
    this.#stream.end()
  }

  cancel(): void {
    this.#stream.cancel()
  }

  /**
   * Reads the stream to its end, which it throws; ended by the server with OK is an error as well. `onAnswer` is given
   * every answer to a renewal, and when that was sent; what answers nothing is left out.
   */
  async run(onAnswer: (answer: LeaseKeepAliveResponse, sentAt: number) => void): Promise<never> {
    for await (const answer of this.#stream) {
      const sentAt = this.#sentAt.get(answer.ID)
      if (!this.#sentAt.delete(answer.ID) || sentAt === undefined) continue
      onAnswer(answer, sentAt)
    }
    throw new EtcdError('the server ended the stream', { code: 'unavailable' })
  }
}
