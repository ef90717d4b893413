// The statistics of a store's servers.

import { objectOf } from '../v2/node.ts'
import type { V2LeaderStats, V2SelfStats, V2StoreStats } from '../v2/stats.ts'
import type { V2Answer } from '../v2/v2-answer.ts'
import { tell } from './callbacks.ts'
import type { EtcdjsCallback } from './etcdjs-options.ts'
import { normalizeUrl } from './hosts.ts'
import type { Requests } from './requests.ts'

/** Counts of what the servers have done. */
export class EtcdjsStats {
  readonly #requests: Requests

  /** Made with a store. */
  constructor(requests: Requests) {
    this.#requests = requests
  }

  /** What a node tells of itself, or any, if none is named. */
  self(
    node: string | EtcdjsCallback<V2SelfStats> | null | undefined,
    callback?: EtcdjsCallback<V2SelfStats>,
  ): void {
    if (typeof node === 'function') {
      this.self(null, node)
      return
    }
    const endpoint = node ? normalizeUrl(node) : undefined
    tell(this.#page<V2SelfStats>('self', endpoint), callback)
  }

  /** How often a node's store was asked for what. */
  store(callback?: EtcdjsCallback<V2StoreStats>): void {
    tell(this.#page<V2StoreStats>('store'), callback)
  }

  /** What the leader tells of its followers. */
  leader(callback?: EtcdjsCallback<V2LeaderStats>): void {
    tell(this.#requests.leader().then(read<V2LeaderStats>), callback)
  }

  #page<T>(name: string, endpoint?: string): Promise<T> {
    const path = `/v2/stats/${name}`
    return this.#requests.send({ method: 'GET', path, endpoint }).then(read<T>)
  }
}

// etcd's own words: its versions differ in what there is.
function read<T>(answer: V2Answer): T {
  return objectOf(answer) as unknown as T
}
