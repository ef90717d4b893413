// Election.Observe: tells who leads, whenever that or what they proclaim changes.

import {
  EventType,
  type LeaderRequest,
  type LeaderResponse,
  type WatchResponse,
} from '@etcdkit/protocol'
import { Claims, oldestUnder, prefixOf, under } from './claim.ts'
import type { CallContext, StreamHandler, StreamSink } from './service.ts'
import type { ServiceCore } from './service-core.ts'

/** Tells as fast as it is read; of what changed meanwhile the watch below knows. */
export class ObserveHandler implements StreamHandler<LeaderRequest> {
  readonly full = false
  readonly #claims: Claims
  readonly #sink: StreamSink<LeaderResponse>
  readonly #closed = new AbortController()
  #started = false
  #hasRoom: Promise<void> = Promise.resolve()
  #tellRoom: () => void = () => {}

  constructor(core: ServiceCore, sink: StreamSink<LeaderResponse>, context: CallContext) {
    const { signal } = this.#closed
    this.#claims = new Claims(core, {
      requestBytes: context.requestBytes,
      signal,
      commonName: context.commonName,
      metadata: (name) => context.metadata(name),
    })
    this.#sink = sink
  }

  message({ name }: LeaderRequest): void {
    if (this.#started) return
    this.#started = true
    // As in etcd it ends well whatever happens: when the leader cannot be read, or what was watched is compacted.
    const end = (): void => {
      if (!this.#closed.signal.aborted) this.#sink.end()
    }
    this.#observe(prefixOf(name)).then(end, end)
  }

  halfClose(): void {}

  ready(): void {
    this.#tellRoom()
  }

  close(): void {
    this.#closed.abort()
    this.#tellRoom()
  }

  async #observe(prefix: Uint8Array): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const leader = await this.#findLeader(prefix)
      if (leader?.kv === undefined) return
      await this.#tell(leader)
      if (!(await this.#followLeader(leader.kv.key, leader.header?.revision ?? 0))) return
    }
  }

  /** The leader, or the first to come; `undefined` when there will be none to tell of. */
  async #findLeader(prefix: Uint8Array): Promise<LeaderResponse | undefined> {
    const { header, kvs } = this.#claims.range(oldestUnder(prefix))
    if (kvs[0] !== undefined) return { header, kv: kvs[0] }
    using reader = this.#claims.watch({ ...under(prefix), startRevision: header?.revision ?? 0 })
    for (;;) {
      const response = await reader.next()
      if (response === undefined || response.canceled) return undefined
      const put = response.events.find(({ type }) => type === EventType.PUT)
      if (put?.kv === undefined || response.header === undefined) continue
      return { header: { ...response.header, revision: put.kv.modRevision }, kv: put.kv }
    }
  }

  /** Tells what a leader proclaims, until their key is gone; `false` when there is nothing to go on with. */
  async #followLeader(key: Uint8Array, revision: number): Promise<boolean> {
    using reader = this.#claims.watch({ key, startRevision: revision + 1 })
    for (;;) {
      const response = await reader.next()
      if (response === undefined || response.canceled) return false
      if (await this.#tellAll(response)) return true
    }
  }

  /** Tells what is in an answer; whether the key was deleted. */
  async #tellAll({ header, events }: WatchResponse): Promise<boolean> {
    for (const { type, kv } of events) {
      if (type === EventType.DELETE) return true
      await this.#tell({ header, kv })
    }
    return false
  }

  async #tell(leader: LeaderResponse): Promise<void> {
    await this.#hasRoom
    if (this.#closed.signal.aborted || this.#sink.message(leader)) return
    this.#hasRoom = new Promise((resolve) => {
      this.#tellRoom = resolve
    })
  }
}
