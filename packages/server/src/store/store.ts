// The multi-version key-value store: every request of KV, Lease and Watch, answered at once. No I/O, no clock of its own.

import type {
  AlarmMember,
  AlarmRequest,
  AlarmResponse,
  CompactionRequest,
  CompactionResponse,
  DeleteRangeRequest,
  DeleteRangeResponse,
  HashKVResponse,
  LeaseGrantRequest,
  LeaseGrantResponse,
  LeaseKeepAliveRequest,
  LeaseKeepAliveResponse,
  LeaseLeasesResponse,
  LeaseRevokeRequest,
  LeaseRevokeResponse,
  LeaseTimeToLiveRequest,
  LeaseTimeToLiveResponse,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  ResponseHeader,
  TxnRequest,
  TxnResponse,
} from '@etcdkit/protocol'
import type { Clock } from './clock.ts'
import type { Identity, StoreOptions } from './options.ts'
import type { WatchSink, WatchStream } from './watch-stream.ts'

export type { Clock, Identity, StoreOptions, WatchSink, WatchStream }

/**
 * An etcd in memory, below its services.
 *
 * Requests are complete messages, as `decode` and `create` make them; answers carry their header. What etcd refuses is
 * thrown as `EtcdError` with a code of the error table, and then nothing has changed. Request bytes are copied where
 * they are kept. Bytes in an answer are the store's own: they must not be written to.
 *
 * @example
 * const store = new Store({ clock: systemClock })
 * store.put(PutRequest.create({ key: encodeUtf8('a'), value: encodeUtf8('1') }))
 * store.range(RangeRequest.create({ key: encodeUtf8('a') })).kvs[0]?.version // 1
 */
export class Store {
  /** Throws `RangeError` on an option that cannot be. */
  constructor(_options: StoreOptions) {}

  /** The newest revision; 1 when nothing was ever written. */
  get revision(): number {
    throw new Error('not yet')
  }

  /** The revision of the last compaction, -1 if there was none. */
  get compactRevision(): number {
    throw new Error('not yet')
  }

  /** Bytes that keys and values take, all revisions together, as the quota counts them. */
  get sizeBytes(): number {
    throw new Error('not yet')
  }

  /** Bytes that the newest revision takes. */
  get sizeInUseBytes(): number {
    throw new Error('not yet')
  }

  /** The active alarms. */
  get alarms(): readonly AlarmMember[] {
    throw new Error('not yet')
  }

  /** The header of an answer given now. */
  header(): ResponseHeader {
    throw new Error('not yet')
  }

  /** Reads. Throws `empty-key`, `invalid-sort-option`, `future-revision`, `compacted`. */
  range(_request: RangeRequest): RangeResponse {
    throw new Error('not yet')
  }

  /**
   * Writes a key. Throws `empty-key`, `value-provided`, `lease-provided`, `key-not-found` (told to keep what is not
   * there), `lease-not-found`, `no-space`, `corrupt-cluster`.
   */
  put(_request: PutRequest): PutResponse {
    throw new Error('not yet')
  }

  /** Deletes. Throws `empty-key`, `corrupt-cluster`. */
  deleteRange(_request: DeleteRangeRequest): DeleteRangeResponse {
    throw new Error('not yet')
  }

  /** Compares, then does one list of operations at one revision, all or none. Throws what its operations throw, `too-many-ops`, `duplicate-key`. */
  txn(_request: TxnRequest): TxnResponse {
    throw new Error('not yet')
  }

  /** Forgets what was superseded up to a revision. `physical` makes no difference: all is done on return. Throws `compacted`, `future-revision`, `corrupt-cluster`. */
  compact(_request: CompactionRequest): CompactionResponse {
    throw new Error('not yet')
  }

  /** Grants a lease; ID "0" lets the store choose. Throws `lease-ttl-too-large`, `lease-exists`, `no-space`, `corrupt-cluster`. */
  leaseGrant(_request: LeaseGrantRequest): LeaseGrantResponse {
    throw new Error('not yet')
  }

  /** Ends a lease and deletes its keys at one revision. Throws `lease-not-found`, `corrupt-cluster`. */
  leaseRevoke(_request: LeaseRevokeRequest): LeaseRevokeResponse {
    throw new Error('not yet')
  }

  /** Renews a lease. One that is unknown has TTL 0 in the answer; so has one past its time, which then ends at once. */
  leaseKeepAlive(_request: LeaseKeepAliveRequest): LeaseKeepAliveResponse {
    throw new Error('not yet')
  }

  /** What a lease has left; TTL -1 if unknown. */
  leaseTimeToLive(_request: LeaseTimeToLiveRequest): LeaseTimeToLiveResponse {
    throw new Error('not yet')
  }

  /** All leases, the one with least time left first. */
  leaseLeases(): LeaseLeasesResponse {
    throw new Error('not yet')
  }

  /** The keys attached to a lease, in order; `undefined` if there is no such lease. */
  leaseKeys(_id: string): readonly Uint8Array[] | undefined {
    throw new Error('not yet')
  }

  /** Hashes what is stored up to a revision, 0 for the newest, exactly as etcd does. Throws `compacted`, `future-revision`. */
  hashKv(_revision: number): HashKVResponse {
    throw new Error('not yet')
  }

  /** Lists, raises and disarms alarms. NOSPACE stops puts and grants, CORRUPT all writes. */
  alarm(_request: AlarmRequest): AlarmResponse {
    throw new Error('not yet')
  }

  /** Opens a watch stream into `sink`. */
  watch(_sink: WatchSink): WatchStream {
    throw new Error('not yet')
  }

  /** Ends all watch streams and timers. What is stored can still be read. Twice is fine. */
  close(): void {}
}
