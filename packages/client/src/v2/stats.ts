// What servers count.

import type { JsonValue } from '@etcdkit/protocol'
import type { V2Connection } from './connection.ts'
import { objectOf } from './node.ts'
import { checkCallOptions, type V2CallOptions } from './verb-options.ts'

/** Options of statistics. */
export interface V2StatsOptions extends V2CallOptions {
  /** Ask this server. Default: any. */
  readonly endpoint?: string | undefined
}

/** What a server tells of itself. */
export interface V2SelfStats {
  readonly id: string
  readonly name: string
  /** Such as `StateLeader`; `leader` before etcd 2. */
  readonly state: string
  readonly startTime: string
  readonly leaderInfo: {
    readonly leader: string
    readonly uptime: string
    readonly startTime: string
  }
  /** Other counts, which differ from version to version. */
  readonly [name: string]: JsonValue | undefined
}

/** How often the store was asked for what: `getsSuccess`, `setsFail`, `watchers` and so on. */
export interface V2StoreStats {
  readonly getsSuccess: number
  readonly getsFail: number
  readonly setsSuccess: number
  readonly setsFail: number
  readonly deleteSuccess: number
  readonly deleteFail: number
  readonly updateSuccess: number
  readonly updateFail: number
  readonly createSuccess: number
  readonly createFail: number
  readonly compareAndSwapSuccess: number
  readonly compareAndSwapFail: number
  readonly compareAndDeleteSuccess: number
  readonly compareAndDeleteFail: number
  readonly expireCount: number
  readonly watchers: number
}

/** What the leader tells of its followers. */
export interface V2LeaderStats {
  readonly leader: string
  readonly followers: Readonly<
    Record<
      string,
      {
        readonly latency: Readonly<Record<string, number>>
        readonly counts: { readonly fail: number; readonly success: number }
      }
    >
  >
}

/** The statistics of the servers. */
export class V2Stats {
  readonly #connection: V2Connection

  /** @internal */
  constructor(connection: V2Connection) {
    this.#connection = connection
  }

  /** What a server tells of itself. */
  self(options?: V2StatsOptions): Promise<V2SelfStats> {
    return this.#read('self', options)
  }

  /** How often a server's store was asked for what. */
  store(options?: V2StatsOptions): Promise<V2StoreStats> {
    return this.#read('store', options)
  }

  /**
   * What the leader tells of its followers. A follower cannot tell: the endpoints are asked in turn until one leads, and
   * the last one's refusal (403) is told when none does.
   */
  async leader(options?: V2StatsOptions): Promise<V2LeaderStats> {
    if (options?.endpoint !== undefined) return this.#read('leader', options)
    const [first, ...others] = this.#connection.endpoints
    if (first === undefined) return this.#read('leader', options)
    let answer = this.#read<V2LeaderStats>('leader', { ...options, endpoint: first })
    for (const endpoint of others) {
      answer = answer.catch((error: unknown) => {
        if (options?.signal?.aborted === true) throw error
        return this.#read('leader', { ...options, endpoint })
      })
    }
    return answer
  }

  async #read<T>(page: string, options: V2StatsOptions = {}): Promise<T> {
    checkCallOptions(options, ['endpoint'])
    const { endpoint, ...others } = options
    const answer = await this.#connection.send({
      action: `read the statistics of ${page}`,
      method: 'GET',
      path: `/v2/stats/${page}`,
      endpoint,
      options: others,
    })
    // etcd's own words: its versions differ in what there is.
    return objectOf(answer) as unknown as T
  }
}
