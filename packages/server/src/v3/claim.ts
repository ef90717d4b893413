// A key of one's own under a name, by one's lease; the oldest under a name holds it. What locks and elections are made of.

import {
  type Compare,
  CompareTarget,
  EventType,
  encodeUtf8,
  type KeyValue,
  LeaseGrantRequest,
  type MessageInit,
  RangeRequest,
  type RangeResponse,
  SortOrder,
  SortTarget,
  TxnRequest,
  type TxnResponse,
  type WatchCreateRequest,
} from '@etcdkit/protocol'
import type { CallContext } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { refusal } from './status.ts'
import { WatchReader } from './watch-reader.ts'

/** The lease that is granted to who brings none, as etcd's client has it. Nobody keeps it alive. */
const sessionTtlSeconds = 60

/** What is done for a call, with what it may do. Source: etcd `client/v3/concurrency`. */
export class Claims {
  readonly #core: ServiceCore
  readonly #context: CallContext

  constructor(core: ServiceCore, context: CallContext) {
    this.#core = core
    this.#context = context
  }

  /** The lease itself, or a new one for "0". */
  lease(id: string): string {
    if (id !== '0') return id
    this.#core.raftIndex += 1
    const request = LeaseGrantRequest.create({ TTL: sessionTtlSeconds })
    return this.#core.store.leaseGrant(request, this.#context).ID
  }

  /** Reads. */
  range(request: MessageInit<RangeRequest>): RangeResponse {
    return this.#core.store.range(RangeRequest.create(request), this.#context)
  }

  /** Does some operations if a key is as it was created, or is not there for revision 0, and others if not. */
  ifCreatedAt(
    created: Pick<KeyValue, 'key' | 'createRevision'>,
    operations: Pick<MessageInit<TxnRequest>, 'success' | 'failure'>,
  ): TxnResponse {
    const compare: MessageInit<Compare> = { target: CompareTarget.CREATE, ...created }
    this.#core.raftIndex += 1
    const request = TxnRequest.create({ compare: [compare], ...operations })
    return this.#core.store.txn(request, this.#context)
  }

  /**
   * Resolves when no key under a prefix is older than a revision. Rejects when the caller gives up, or may not read them.
   *
   * It waits for the youngest of them, so that of many who wait not all wake at once.
   */
  async untilOldest(prefix: Uint8Array, createRevision: number): Promise<void> {
    const maxCreateRevision = createRevision - 1
    // To etcd 0 is no limit. Nothing is older than the first revision.
    if (maxCreateRevision < 1) return
    for (;;) {
      const youngest = { sortTarget: SortTarget.CREATE, sortOrder: SortOrder.DESCEND, limit: 1 }
      const { header, kvs } = this.range({ ...under(prefix), ...youngest, maxCreateRevision })
      const [ahead] = kvs
      if (ahead === undefined) return
      await this.#untilDeleted(ahead.key, header?.revision ?? 0)
    }
  }

  /** Watches on the caller's behalf. */
  watch(create: MessageInit<WatchCreateRequest>): WatchReader {
    const { signal } = this.#context
    return new WatchReader({ store: this.#core.store, create, from: this.#context, signal })
  }

  async #untilDeleted(key: Uint8Array, startRevision: number): Promise<void> {
    using reader = this.watch({ key, startRevision })
    for (;;) {
      const response = await reader.next()
      if (response === undefined) throw refusal('canceled')
      if (response.canceled) throw refusal('compacted')
      if (response.events.some(({ type }) => type === EventType.DELETE)) return
    }
  }
}

/** A name with a slash after it: what the keys of all who claim it begin with. */
export function prefixOf(name: Uint8Array): Uint8Array {
  return Buffer.concat([name, Uint8Array.of(slash)])
}

/** The key of a lease under a prefix, the lease in hex as Go prints it. */
export function claimKey(prefix: Uint8Array, lease: string): Uint8Array {
  return Buffer.concat([prefix, encodeUtf8(BigInt(lease).toString(16))])
}

/** The range of the oldest key under a prefix. */
export function oldestUnder(prefix: Uint8Array): MessageInit<RangeRequest> {
  const oldest = { sortTarget: SortTarget.CREATE, sortOrder: SortOrder.ASCEND, limit: 1 }
  return { ...under(prefix), ...oldest }
}

/** The keys that begin with a prefix, which ends with a slash. */
export function under(prefix: Uint8Array): Pick<RangeRequest, 'key' | 'rangeEnd'> {
  const rangeEnd = Uint8Array.from(prefix)
  rangeEnd[rangeEnd.length - 1] = slash + 1
  return { key: prefix, rangeEnd }
}

const slash = 0x2f
