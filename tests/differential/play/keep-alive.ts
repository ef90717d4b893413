// A stream that renews leases, one at a time.

import {
  Lease,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  type MessageStream,
} from '@etcdkit/protocol'
import { Unanswered } from '../../support/within.ts'
import type { Caller, Door } from './door.ts'

/** The stream. */
export class KeepAlive {
  readonly #stream: MessageStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>
  readonly #answers: AsyncIterator<LeaseKeepAliveResponse>

  constructor(door: Door, caller?: Caller) {
    this.#stream = door.stream(Lease.leaseKeepAlive, caller)
    this.#answers = this.#stream[Symbol.asyncIterator]()
  }

  /** Renews a lease; resolves with the answer. */
  async renew(id: string): Promise<LeaseKeepAliveResponse> {
    this.#stream.send({ ID: id })
    const { done, value } = await this.#answers.next()
    if (done) throw new Unanswered('the stream has ended')
    return value
  }

  close(): void {
    this.#stream.cancel()
  }
}
