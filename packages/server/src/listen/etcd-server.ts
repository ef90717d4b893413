// The embedded etcd: a store, its services, and the ways in.

import type { Transport } from '@etcdkit/protocol'
import type { Faults } from '../v3/fault.ts'
import type { EtcdServerOptions, ListenOptions } from './options.ts'

/** The clock of a server. */
export interface ServerClock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Moves a manual clock on; throws `TypeError` on any other. What falls due on the way happens before it returns. */
  advance(ms: number): void
}

export class EtcdServer implements AsyncDisposable {
  /** A server without a port: `server.transport` is the way in. */
  static create(_options?: EtcdServerOptions): EtcdServer {
    throw new Error('not yet')
  }

  /** A server that listens. Rejects when it cannot. */
  static listen(_options?: ListenOptions): Promise<EtcdServer> {
    throw new Error('not yet')
  }

  /** The version it says it is. */
  get version(): string {
    throw new Error('not yet')
  }

  /** Where it listens: `http://127.0.0.1:2379`. The first of several. Throws `TypeError` when it does not listen. */
  get endpoint(): string {
    throw new Error('not yet')
  }

  /** Everywhere it listens. */
  get endpoints(): readonly string[] {
    throw new Error('not yet')
  }

  /** A way in without a socket. Each reading gives one of its own: a client may close it, and others are not touched. */
  get transport(): Transport {
    throw new Error('not yet')
  }

  get clock(): ServerClock {
    throw new Error('not yet')
  }

  get faults(): Faults {
    throw new Error('not yet')
  }

  /** The newest revision of its store. */
  get revision(): number {
    throw new Error('not yet')
  }

  /** Ends every stream, connection and timer; resolves when nothing is left. Twice is fine. */
  close(): Promise<void> {
    throw new Error('not yet')
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}
