// The multi-version key-value store: every request of KV, Lease and Watch, answered at once. No I/O, no clock of its own.

import {
  AlarmAction,
  type AlarmMember,
  type AlarmRequest,
  type AlarmResponse,
  AlarmType,
  type CompactionRequest,
  type CompactionResponse,
  type DeleteRangeRequest,
  type DeleteRangeResponse,
  type HashKVResponse,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
  type LeaseLeasesResponse,
  type LeaseRevokeRequest,
  type LeaseRevokeResponse,
  type LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
  type PutRequest,
  type PutResponse,
  type RangeRequest,
  type RangeResponse,
  type ResponseHeader,
  type TxnRequest,
  type TxnResponse,
  type WatchCreateRequest,
} from '@etcdkit/protocol'
import { Alarms } from './alarms.ts'
import { AuthStore } from './auth/auth-store.ts'
import { anonymous, type Credentials } from './auth/credentials.ts'
import { Guard } from './auth/guard.ts'
import {
  assertDeleteRangeRequest,
  assertPutRequest,
  assertRangeRequest,
  assertTxnRequest,
} from './check-request.ts'
import { hashKv } from './hash-kv.ts'
import { LeaseKeeper } from './lease-keeper.ts'
import { type Lease, Leases } from './leases.ts'
import { Mvcc } from './mvcc.ts'
import { assertKept, assertLeaseOf, deleteRange, put, range } from './operations.ts'
import { resolveSettings, type StoreOptions, type StoreSettings } from './options.ts'
import { leaseCost, putCost, txnCost } from './quota.ts'
import { refusal } from './refusal.ts'
import { type StoredVersion, storedVersions } from './stored-version.ts'
import { isReadOnly, runTxn } from './txn.ts'
import { WatchHub } from './watch-hub.ts'
import type { WatchSink } from './watch-outbox.ts'
import type { WatchStream } from './watch-stream.ts'
import { leastKey } from './watcher.ts'

/**
 * An etcd in memory, below its services.
 *
 * Requests are complete messages, as `decode` and `create` make them; answers carry their header. What etcd refuses is
 * thrown as `EtcdError` with a code of the error table, and then nothing has changed. Request bytes are copied where
 * they are kept. Bytes in an answer are the store's own: they must not be written to.
 *
 * While auth is on, each request is held against the permissions of whom it is from, and throws `user-empty`,
 * `invalid-auth-token` and `permission-denied` beside what is said below.
 *
 * @example
 * const store = new Store({ clock: systemClock })
 * store.put(PutRequest.create({ key: encodeUtf8('a'), value: encodeUtf8('1') }))
 * store.range(RangeRequest.create({ key: encodeUtf8('a') })).kvs[0]?.version // 1
 */
export class Store {
  readonly auth: AuthStore
  readonly #guard: Guard
  readonly #settings: StoreSettings
  readonly #mvcc = new Mvcc()
  readonly #leases: Leases
  readonly #target: { readonly mvcc: Mvcc; readonly leases: Leases }
  readonly #keeper: LeaseKeeper
  readonly #alarms = new Alarms()
  readonly #hub: WatchHub
  /** The most that was ever stored since the last defragmentation. */
  #peakBytes = 0

  /** Throws `RangeError` on an option that cannot be. */
  constructor(options: StoreOptions) {
    this.#settings = resolveSettings(options)
    this.auth = new AuthStore(this.#settings.clock, this.#settings.authTokenTtlSeconds)
    this.#guard = new Guard(this.auth, (id) => this.leaseKeys(id))
    this.#leases = new Leases(this.#settings)
    this.#target = { mvcc: this.#mvcc, leases: this.#leases }
    this.#hub = new WatchHub({
      mvcc: this.#mvcc,
      settings: this.#settings,
      headerOf: this.#headerOf,
    })
    this.#keeper = new LeaseKeeper({
      ...this.#target,
      settings: this.#settings,
      isStopped: () => this.#alarms.corrupt,
      commit: () => this.#commit(),
    })
  }

  /** The newest revision; 1 when nothing was ever written. */
  get revision(): number {
    return this.#mvcc.revision
  }

  /** The revision of the last compaction, -1 if there was none. */
  get compactRevision(): number {
    return this.#mvcc.compactRevision
  }

  /** Bytes that the store takes, as the quota counts them: like a file, it shrinks only when defragmented. */
  get sizeBytes(): number {
    return this.#peakBytes
  }

  /** Bytes that keys and values take, all revisions together. */
  get sizeInUseBytes(): number {
    return this.#mvcc.sizeBytes
  }

  /** The active alarms. */
  get alarms(): readonly AlarmMember[] {
    return this.#alarms.active
  }

  /** The header of an answer given now. */
  header(): ResponseHeader {
    return this.#headerOf(this.#mvcc.revision)
  }

  /** Reads. Throws `empty-key`, `invalid-sort-option`, `future-revision`, `compacted`. */
  range(request: RangeRequest, from: Credentials = anonymous): RangeResponse {
    assertRangeRequest(request)
    if (this.auth.enabled) this.#guard.range(this.auth.userOf(from), request)
    return range(this.#target, request, this.#headerOf)
  }

  /**
   * Writes a key. Throws `empty-key`, `value-provided`, `lease-provided`, `key-not-found` (told to keep what is not
   * there), `lease-not-found`, `no-space`, `corrupt-cluster`.
   */
  put(request: PutRequest, from: Credentials = anonymous): PutResponse {
    this.#assertQuota(putCost(request))
    assertPutRequest(request)
    const user = this.auth.userOf(from)
    this.#alarms.assertRoom()
    if (this.auth.enabled) this.#guard.put(user, request)
    assertLeaseOf(this.#target, request)
    assertKept(this.#target, request)
    const response = put(this.#target, request, this.#headerOf)
    this.#commit()
    return response
  }

  /** Deletes. Throws `empty-key`, `corrupt-cluster`. */
  deleteRange(request: DeleteRangeRequest, from: Credentials = anonymous): DeleteRangeResponse {
    assertDeleteRangeRequest(request)
    const user = this.auth.userOf(from)
    this.#alarms.assertWritable()
    if (this.auth.enabled) this.#guard.deleteRange(user, request)
    const response = deleteRange(this.#target, request, this.#headerOf)
    this.#commit()
    return response
  }

  /**
   * Compares, then does one list of operations at one revision, all or none. Throws what its operations throw,
   * `too-many-ops`, `duplicate-key`.
   */
  txn(request: TxnRequest, from: Credentials = anonymous): TxnResponse {
    const cost = txnCost(request)
    this.#assertQuota(cost)
    assertTxnRequest(request, this.#settings.maxTxnOps)
    const user = this.auth.userOf(from)
    if (cost > 0) this.#alarms.assertRoom()
    else if (!isReadOnly(request)) this.#alarms.assertWritable()
    if (this.auth.enabled) this.#guard.txn(user, request)
    const response = runTxn(this.#target, request, this.#headerOf)
    this.#commit()
    return response
  }

  /**
   * Forgets what was superseded up to a revision. `physical` makes no difference: all is done on return. It takes the
   * role root. Throws `compacted`, `future-revision`, `corrupt-cluster`.
   */
  compact(request: CompactionRequest, from: Credentials = anonymous): CompactionResponse {
    this.auth.assertAdmin(from)
    this.#alarms.assertWritable()
    this.#mvcc.compact(request.revision)
    return { header: this.header() }
  }

  /**
   * Grants a lease; ID "0" lets the store choose. Throws `lease-ttl-too-large`, `lease-exists`, `no-space`,
   * `corrupt-cluster`.
   */
  leaseGrant(request: LeaseGrantRequest, from: Credentials = anonymous): LeaseGrantResponse {
    this.#assertQuota(leaseCost)
    this.auth.assertUser(from)
    this.#alarms.assertRoom()
    const { id, ttlSeconds } = this.#keeper.grant(request.ID, request.TTL)
    return { header: this.header(), ID: id, TTL: ttlSeconds, error: '' }
  }

  /**
   * Ends a lease and deletes its keys, all of which its caller may write, at one revision. Throws `lease-not-found`,
   * `corrupt-cluster`.
   */
  leaseRevoke(request: LeaseRevokeRequest, from: Credentials = anonymous): LeaseRevokeResponse {
    this.auth.assertUser(from)
    this.#alarms.assertWritable()
    if (this.auth.enabled) this.#guard.writeLease(this.auth.userOf(from), request.ID)
    this.#keeper.revoke(this.#leases.get(request.ID))
    return { header: this.header() }
  }

  /** Renews a lease. One that is unknown has TTL 0 in the answer; so has one past its time, which then ends at once. */
  leaseKeepAlive(
    request: LeaseKeepAliveRequest,
    from: Credentials = anonymous,
  ): LeaseKeepAliveResponse {
    this.auth.assertUser(from)
    if (this.auth.enabled) this.#guard.writeLease(this.auth.userOf(from), request.ID)
    const ttlSeconds = this.#keeper.renew(request.ID)
    return { header: this.header(), ID: request.ID, TTL: ttlSeconds }
  }

  /** What a lease has left; TTL -1 if unknown. Its keys are told to whom may read them. */
  leaseTimeToLive(
    request: LeaseTimeToLiveRequest,
    from: Credentials = anonymous,
  ): LeaseTimeToLiveResponse {
    const { ID } = request
    this.auth.assertUser(from)
    if (request.keys && this.auth.enabled) this.#guard.readLease(this.auth.userOf(from), ID)
    const lease = this.#leases.find(ID)
    if (lease === undefined) {
      return { header: this.header(), ID, TTL: -1, grantedTTL: 0, keys: [] }
    }
    return {
      header: this.header(),
      ID,
      TTL: this.#keeper.secondsLeft(lease),
      grantedTTL: lease.ttlSeconds,
      keys: request.keys ? this.#keeper.keysOf(lease) : [],
    }
  }

  /** All leases, the one with least time left first, to whom may read all their keys. */
  leaseLeases(from: Credentials = anonymous): LeaseLeasesResponse {
    const leases = this.#keeper.byTimeLeft()
    this.auth.assertUser(from)
    if (this.auth.enabled) {
      const user = this.auth.userOf(from)
      for (const { id } of leases) this.#guard.readLease(user, id)
    }
    return { header: this.header(), leases: leases.map(({ id }) => ({ ID: id })) }
  }

  /** The keys attached to a lease, in order; `undefined` if there is no such lease. */
  leaseKeys(id: string): readonly Uint8Array[] | undefined {
    const lease = this.#leases.find(id)
    return lease === undefined ? undefined : this.#keeper.keysOf(lease)
  }

  /** Hashes what is stored up to a revision, 0 for the newest, as etcd does. Throws `compacted`, `future-revision`. */
  hashKv(revision: number): HashKVResponse {
    const hashRevision = revision === 0 ? this.#mvcc.revision : revision
    // As in etcd a negative revision is taken for what it is: there was nothing.
    if (hashRevision >= 0) this.#mvcc.assertReadable(hashRevision)
    return {
      header: this.header(),
      hash: hashKv(this.#mvcc, hashRevision),
      compactRevision: this.#mvcc.compactRevision,
      hashRevision,
    }
  }

  /** Everything as etcd stores it, for a snapshot: every version that is left, in order. */
  storedVersions(): readonly StoredVersion[] {
    return storedVersions(this.#mvcc)
  }

  /** Every lease, and what it was granted. */
  grantedLeases(): readonly Pick<Lease, 'id' | 'ttlSeconds'>[] {
    return [...this.#leases.all()]
  }

  /** Lists, raises and disarms alarms; the latter two take the role root. NOSPACE stops puts and grants, CORRUPT all writes. */
  alarm(request: AlarmRequest, from: Credentials = anonymous): AlarmResponse {
    if (request.action === AlarmAction.GET) this.auth.assertUser(from)
    else this.auth.assertAdmin(from)
    return { header: this.header(), alarms: this.#alarms.handle(request) }
  }

  /** Gives back the room that compaction freed, as far as `sizeBytes` goes. */
  defragment(): void {
    this.#peakBytes = this.#mvcc.sizeBytes
  }

  /** Throws what keeps a call from watching a range. What is watched already stays so, whoever loses a permission. */
  assertWatchable(range: WatchCreateRequest, from: Credentials): void {
    if (!this.auth.enabled) return
    const key = range.key.length === 0 ? leastKey : range.key
    this.#guard.range(this.auth.userOf(from), { key, rangeEnd: range.rangeEnd })
  }

  /** Opens a watch stream into `sink`; `assertWatchable` is asked by whom it is for. */
  watch(sink: WatchSink): WatchStream {
    return this.#hub.open(sink)
  }

  /** Ends every watcher as a compaction does that overtakes it: its id stays taken until it is cancelled. */
  overtakeWatches(): void {
    this.#hub.overtake()
  }

  /** Ends all watch streams and timers. What is stored can still be read. Twice is fine. */
  close(): void {
    this.#hub.close()
    this.#keeper.close()
    this.auth.close()
  }

  readonly #headerOf = (revision: number): ResponseHeader => {
    const { clusterId, memberId, raftTerm } = this.#settings.identity
    return { clusterId, memberId, revision, raftTerm }
  }

  /** Raises the alarm and throws `no-space` if something of that cost does not fit. */
  #assertQuota(cost: number): void {
    const { quotaBytes, identity } = this.#settings
    if (cost === 0 || quotaBytes < 0 || this.#peakBytes + cost < quotaBytes) return
    this.#alarms.handle({
      action: AlarmAction.ACTIVATE,
      memberID: identity.memberId,
      alarm: AlarmType.NOSPACE,
    })
    throw refusal('no-space')
  }

  /** Completes the revision that is being made, and tells those who watch. */
  #commit(): void {
    const changes = this.#mvcc.commit()
    this.#peakBytes = Math.max(this.#peakBytes, this.#mvcc.sizeBytes)
    this.#hub.publish(changes)
  }
}
