// The v3 client over any transport, as far as keys go: their verbs, watches and leases, and what concerns all of them.

import {
  type CallOptions,
  type ClientEvent,
  KV,
  type MessageInit,
  type MessageStream,
  type StreamMethod,
  type Transport,
  type UnaryMethod,
} from '@etcdkit/protocol'
import { noBytes } from './bytes.ts'
import { type Clock, systemClock } from './clock.ts'
import { text } from './codec.ts'
import { type DroppedEvents, EventHub } from './event-hub.ts'
import type { EventOutlet } from './event-outlet.ts'
import { failure, inputFailure } from './failure.ts'
import { Keyspace, type KeyspaceContext } from './keyspace.ts'
import type { CompactOptions } from './kv-options.ts'
import { Grants } from './lease/grants.ts'
import type { LeaseParts } from './lease/lease.ts'
import { revokeLease } from './lease/lease-calls.ts'
import type { LeaseContext } from './lease/lease-context.ts'
import { LeaseKeeper } from './lease/lease-keeper.ts'
import { assertInteger, assertOptions, writeOptionNames } from './options.ts'
import { type CompactResult, revisionOf } from './results.ts'
import { Scope } from './scope.ts'
import { WatchHub } from './watch/watch-hub.ts'

const compactNames = /* @__PURE__ */ writeOptionNames('physical')

/** How a client behaves, whatever its transport. */
export interface CoreClientOptions {
  /** Milliseconds that what takes several calls may take, 0 or `Infinity` for no limit. Default: 5,000. */
  readonly timeoutMs?: number | undefined
  /** Tells watches and leases the time. Default: the machine's. */
  readonly clock?: Clock | undefined
  /** Where to tell of watches and leases beside `events()`. A transport tells what it does there itself. */
  readonly events?: EventOutlet | undefined
}

/** How to close a client. */
export interface CloseOptions {
  /**
   * Revoke the leases that are kept alive, and delete their keys with them, and those that are just being granted: whoever
   * waits for one is told `closed`. The servers get as long for it as a call has. Default: false.
   */
  readonly revokeLeases?: boolean | undefined
}

const defaultTimeoutMs = 5000
const allKeys = /* @__PURE__ */ new Scope(noBytes, text)

/** Gives the classes that build on a client what it works with. */
export let contextOf: (client: CoreClient) => LeaseContext

/**
 * A client of etcd's v3 API over any transport, which it owns and closes: keys, watches and leases. `EtcdClient` adds
 * what administers a cluster, `Etcd` the recipes.
 */
export class CoreClient extends Keyspace<string, string | Uint8Array> {
  static {
    contextOf = (client) => client.#leaseParts.context
  }

  readonly #transport: Transport
  readonly #watches: WatchHub
  readonly #leaseParts: LeaseParts
  readonly #events: EventHub

  constructor(transport: Transport, options: CoreClientOptions = {}) {
    const { timeoutMs = defaultTimeoutMs, clock = systemClock } = options
    const events = new EventHub((sink) => {
      transport.onEvent = sink
    }, options.events)
    const watches = new WatchHub(transport, clock, events)
    const leaseContext = { transport, clock, timeoutMs, events, grants: new Grants(clock) }
    const leaseParts: LeaseParts = {
      context: leaseContext,
      keeper: new LeaseKeeper(leaseContext),
      get keys(): Keyspace<string, string | Uint8Array> {
        return new Keyspace(keyspaceContext, allKeys)
      },
    }
    const keyspaceContext: KeyspaceContext = { transport, watches, leaseParts, clock, timeoutMs }
    super(keyspaceContext, allKeys)
    this.#transport = transport
    this.#watches = watches
    this.#leaseParts = leaseParts
    this.#events = events
  }

  /** Where calls go, each in its normal form; empty for a transport without a list, and until the first answer of a source. */
  get endpoints(): readonly string[] {
    return this.#transport.endpoints ?? []
  }

  /**
   * Replaces the endpoints, at once and without loss: calls under way on those that leave finish or are sent again by
   * their class, watches and leases go on elsewhere. A source (`srv`, `discovery`) is not asked again. Throws `TypeError`
   * on what is no endpoint, on an empty list, and for a transport without a list.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd('http://old:2379')
   * etcd.setEndpoints(['http://new-a:2379', 'http://new-b:2379'])
   * ```
   */
  setEndpoints(endpoints: string | readonly string[]): void {
    try {
      if (this.#transport.setEndpoints === undefined) {
        throw new TypeError('the transport has no endpoints')
      }
      this.#transport.setEndpoints(endpoints)
    } catch (error) {
      throw inputFailure('set the endpoints', error)
    }
  }

  /**
   * What the client does beside answering calls, from now on: connections, endpoints that are left out and come back,
   * retries, tokens, watches that resume, leases at risk. Leave the loop to stop listening; it ends when the client is
   * closed. Of 1,024 events that wait for a reader the oldest are dropped, and a `dropped` event says how many.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd(['http://a:2379', 'http://b:2379'])
   * for await (const event of etcd.events()) {
   *   if (event.type === 'ejected') console.warn(event.endpoint, event.error.message)
   * }
   * ```
   */
  events(): AsyncIterableIterator<ClientEvent | DroppedEvents> {
    return this.#events.events()
  }

  /** Forgets the history before `revision`: older revisions can no longer be read or watched. */
  compact(revision: number, options?: CompactOptions): Promise<CompactResult> {
    const action = `compact at revision ${revision}`
    try {
      if (options !== undefined) assertOptions(options, compactNames)
      if (revision === undefined) throw new TypeError('the revision is missing')
      assertInteger(revision, 'revision')
    } catch (error) {
      return Promise.reject(inputFailure(action, error))
    }
    const request = { revision, physical: options?.physical }
    return this.#transport.unary(KV.compact, request, options).then(
      (response) => ({ revision: revisionOf(response.header) }),
      (error) => {
        throw failure(action, error)
      },
    )
  }

  /**
   * The raw door: any RPC with one message out and one in.
   *
   * @example
   * ```ts
   * import { Maintenance } from '@etcdkit/protocol'
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const { version } = await etcd.call(Maintenance.status, {})
   * ```
   */
  call<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    message: MessageInit<I>,
    options?: CallOptions,
  ): Promise<O> {
    const action = `call ${method.service}/${method.name}`
    if (method.kind !== 'unary') {
      const error = new TypeError('it is a stream: see etcd.stream')
      return Promise.reject(inputFailure(action, error))
    }
    return this.#transport.unary(method, message, options).catch((error) => {
      throw failure(action, error)
    })
  }

  /**
   * The raw door: any RPC with a stream. What its iteration throws is told as the transport tells it.
   *
   * @example
   * ```ts
   * import { Maintenance } from '@etcdkit/protocol'
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * const snapshot = etcd.stream(Maintenance.snapshot)
   * snapshot.send({})
   * snapshot.end()
   * for await (const { blob } of snapshot) console.log(blob.length)
   * ```
   */
  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    options?: CallOptions,
  ): MessageStream<I, O> {
    return this.#transport.stream(method, options)
  }

  /**
   * Ends everything the client started: calls and the iteration of open watches reject with an `EtcdError` of the code
   * `closed`, which is also the reason that aborts the signals of leases. Leases are left to end by themselves, within
   * their TTL, unless asked otherwise. Twice is fine.
   */
  async close(options: CloseOptions = {}): Promise<void> {
    const { context, keeper } = this.#leaseParts
    this.#watches.close()
    const { ids } = keeper
    keeper.close()
    if (options.revokeLeases === true) {
      // Those that cannot be revoked end by themselves.
      const revoked = ids.map((id) => revokeLease(context, id))
      await Promise.allSettled([context.grants.abandon(context.timeoutMs), ...revoked])
    }
    await this.#transport.close()
    this.#events.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
