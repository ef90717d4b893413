// Locks kept by the server: the v3lock RPCs. For locks kept from here, with a signal when they are lost, see `etcd.lock`.

import { Lock, type Transport } from '@etcdkit/protocol'
import { noLimit } from '../call-defaults.ts'
import { describeTarget } from '../failure.ts'
import { type Key, keyToBytes } from '../key.ts'
import type { LeaseRef } from '../kv-options.ts'
import { leaseIdOf } from '../kv-requests.ts'
import { type WriteOptions, writeOptionNames } from '../options.ts'
import { readableKey } from '../readable-key.ts'
import { revisionOf } from '../results.ts'
import { callService, nothing, writeNames } from '../service-call.ts'

/** How to take a lock that the server keeps. */
export interface ServerLockOptions extends WriteOptions {
  /**
   * The lease that holds the lock: when it ends, the lock is free. Default: one that the server makes, of 60 seconds, which
   * nobody keeps alive.
   */
  readonly lease?: LeaseRef | undefined
}

/** A lock that the server keeps is held. */
export interface ServerLock {
  /** The key that holds it: the lock is held as long as the key exists. What `unlock` takes. */
  readonly key: Key
  /** Revision at which it was acquired. */
  readonly revision: number
}

const lockNames = /* @__PURE__ */ writeOptionNames('lease')

/**
 * The lock service of the server: for keys that others take by the same RPCs. It keeps a queue of its own, in the layout
 * of Go's `concurrency.Mutex`, so that both exclude each other.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * await using lease = await etcd.lease({ ttlSeconds: 10 })
 * const { key } = await etcd.lockService.lock('jobs/nightly', { lease })
 * await etcd.lockService.unlock(key)
 * ```
 */
export class LockService {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /**
   * Waits until the lock is free and takes it. There is no limit unless `timeoutMs` sets one; who gives up leaves the queue.
   * Taking it again by the same lease answers at once. An error whose `outcome` is `unknown` may leave it held until the
   * lease ends. Rejects with `lease-not-found` for a lease that is none.
   */
  lock(name: Key, options?: ServerLockOptions): Promise<ServerLock> {
    return callService(this.#transport, Lock.lock, {
      action: `lock ${describeTarget(name)}`,
      options,
      names: lockNames,
      defaults: noLimit,
      request: () => ({
        name: keyToBytes(name),
        lease: options?.lease === undefined ? undefined : leaseIdOf(options.lease),
      }),
      result: ({ key, header }) => ({ key: readableKey(key), revision: revisionOf(header) }),
    })
  }

  /** Gives a lock back, by the key that `lock` answered. One that is not held is fine. */
  unlock(key: Key, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, Lock.unlock, {
      action: `unlock ${describeTarget(key)}`,
      options,
      names: writeNames,
      request: () => ({ key: keyToBytes(key) }),
      result: nothing,
    })
  }
}
