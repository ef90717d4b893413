// Takes the endpoints from the cluster's own list of members, once or again and again.

import { Cluster, EtcdError, type Member, type Transport } from '@etcdkit/protocol'
import type { Clock } from './clock.ts'
import { failure, inputFailure } from './failure.ts'
import { assertOptions, type ReadOptions, readOptionNames } from './options.ts'

const action = 'sync the endpoints'
const names = /* @__PURE__ */ readOptionNames()

/** Keeps a transport's endpoints what the cluster says they are. */
export class MemberSync {
  readonly #transport: Transport
  readonly #clock: Clock
  #timer: unknown = undefined
  #intervalMs = 0

  constructor(transport: Transport, clock: Clock) {
    this.#transport = transport
    this.#clock = clock
  }

  /** The client URLs of the members that are started and no learners become the endpoints, which it answers. */
  async sync(options: ReadOptions = {}): Promise<readonly string[]> {
    const transport = this.#transport
    try {
      assertOptions(options, names)
      if (transport.setEndpoints === undefined)
        throw new TypeError('the transport has no endpoints')
    } catch (error) {
      throw inputFailure(action, error)
    }
    try {
      const request = { linearizable: true }
      const { members } = await transport.unary(Cluster.memberList, request, options)
      transport.setEndpoints(clientUrlsOf(members), { keepSource: true })
      return transport.endpoints ?? []
    } catch (error) {
      // A member may announce what is no URL.
      if (!(error instanceof TypeError)) throw failure(action, error)
      throw failure(action, new EtcdError(error.message, { code: 'bad-member-urls', cause: error }))
    }
  }

  /** Syncs every `intervalMs`, for the first time after one. What fails is tried again the next time. */
  repeat(intervalMs: number): void {
    this.#intervalMs = intervalMs
    this.#arm()
  }

  close(): void {
    this.#intervalMs = 0
    this.#clock.clearTimeout(this.#timer)
  }

  #arm(): void {
    const due = (): void => {
      const again = (): void => {
        if (this.#intervalMs > 0) this.#arm()
      }
      this.sync().then(again, again)
    }
    this.#timer = this.#clock.setTimeout(due, this.#intervalMs)
    // Where timers are objects, this one is no reason for a process to live.
    if (typeof this.#timer === 'object') (this.#timer as { unref?(): void } | null)?.unref?.()
  }
}

// A member without a name has not started, and a learner serves next to nothing.
function clientUrlsOf(members: readonly Member[]): readonly string[] {
  const urls = members
    .filter(({ name, isLearner }) => name !== '' && !isLearner)
    .flatMap(({ clientURLs }) => clientURLs)
  if (urls.length > 0) return urls
  throw new EtcdError('no member says where it listens for clients', { code: 'unavailable' })
}
