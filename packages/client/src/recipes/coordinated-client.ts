// The v3 client with the recipes that people reach for first, as verbs.

import { EtcdClient } from '../v3/etcd.ts'
import { Election } from './election.ts'
import { type Lock, type LockOptions, lock, tryLock } from './lock.ts'
import { openSession, type Session, type SessionOptions } from './session.ts'

/** A client with locks and elections. Within a keyspace, and for the other recipes, see the functions of their names. */
export class CoordinatedClient extends EtcdClient {
  /** Opens a session: a lease for many locks and leaderships. See `openSession`. */
  session(options?: SessionOptions): Promise<Session> {
    return openSession(this, options)
  }

  /**
   * Waits for a lock and takes it, first come, first served. It excludes Go's `concurrency.Mutex` and `etcdctl lock` of
   * the same name. See `lock`.
   *
   * @example
   * ```ts
   * import { Etcd } from 'etcdkit'
   *
   * await using etcd = new Etcd()
   * await using lock = await etcd.lock('jobs/nightly', { ttlSeconds: 10, timeoutMs: 60_000 })
   * lock.signal.addEventListener('abort', () => console.log('stop: the lock is lost'))
   * ```
   */
  lock(name: string, options?: LockOptions): Promise<Lock> {
    return lock(this, name, options)
  }

  /** Takes a lock if it is free; `undefined` if someone else has it. See `tryLock`. */
  tryLock(name: string, options?: LockOptions): Promise<Lock | undefined> {
    return tryLock(this, name, options)
  }

  /** An election. It excludes Go's `concurrency.Election` and `etcdctl elect` of the same name. See `election`. */
  election(name: string): Election<string, string | Uint8Array> {
    return new Election(this, name)
  }
}
