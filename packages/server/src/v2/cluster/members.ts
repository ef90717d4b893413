// The members of the cluster as v2 sees them: those that v3 knows, their changes noted in the tree.

import { EtcdError, type Member } from '@etcdkit/protocol'
import type { RaftLog } from '../keys/keys-page.ts'
import type { V2Store } from '../tree/store.ts'

/** The members, v3's too. What it refuses it throws, as `EtcdError`. */
export interface Membership {
  readonly members: readonly Member[]
  add(peerUrls: readonly string[], isLearner: boolean): Member
  update(id: string, peerUrls: readonly string[]): void
  remove(id: string): void
}

/** What a change of members comes to. */
export type MemberOutcome = 'done' | 'missing' | 'removed' | 'taken' | 'refused'

const outcomes: Readonly<Partial<Record<string, MemberOutcome>>> = {
  'member-not-found': 'missing',
  'member-exists': 'taken',
  'peer-url-exists': 'taken',
}

/** The version of the cluster, as etcd notes it in the tree. */
const clusterVersion = '3.5.0'

/** The members. Their changes take indices of the tree, as in etcd. */
export class Members {
  readonly #membership: Membership
  readonly #ownId: string
  readonly #store: V2Store
  readonly #log: RaftLog
  readonly #removed = new Set<string>()

  constructor(membership: Membership, ownId: string, source: MembersSource) {
    this.#membership = membership
    this.#ownId = ownId
    this.#store = source.store
    this.#log = source.log
    const { peerURLs, name, clientURLs } = this.own
    this.#store.create(`${placeOf(ownId)}/raftAttributes`, { value: json({ peerURLs }) })
    this.#store.set(`${placeOf(ownId)}/attributes`, { value: json({ name, clientURLs }) })
    this.#store.set('/0/version', { value: clusterVersion })
  }

  /** This server. */
  get own(): Member {
    // It is always among them.
    return this.all.find(({ ID }) => ID === this.#ownId) as Member
  }

  /** All of them, by id. */
  get all(): readonly Member[] {
    return this.#membership.members
  }

  /** Adds a member, or tells why not. */
  add(peerUrls: readonly string[]): Member | MemberOutcome {
    let member: Member | undefined
    const outcome = this.#change(() => {
      member = this.#membership.add(peerUrls, false)
      const value = json({ peerURLs: peerUrls })
      this.#store.create(`${placeOf(member.ID)}/raftAttributes`, { value })
    })
    return member ?? outcome
  }

  /** Gives a member other peer URLs. */
  update(id: string, peerUrls: readonly string[]): MemberOutcome {
    if (this.#removed.has(id)) return 'refused'
    return this.#change(() => {
      this.#membership.update(id, peerUrls)
      this.#store.set(`${placeOf(id)}/raftAttributes`, { value: json({ peerURLs: peerUrls }) })
    })
  }

  /** Removes a member for good. */
  remove(id: string): MemberOutcome {
    if (this.#removed.has(id)) return 'removed'
    return this.#change(() => {
      this.#membership.remove(id)
      this.#removed.add(id)
      this.#store.set(`/0/removed_members/${hexOf(id)}`, { value: '' })
    })
  }

  #change(run: () => void): MemberOutcome {
    try {
      run()
      this.#log.raftIndex += 1
      return 'done'
    } catch (error) {
      if (error instanceof EtcdError) return outcomes[error.code] ?? 'refused'
      throw error
    }
  }
}

/** What the members are noted in. */
export interface MembersSource {
  readonly store: V2Store
  readonly log: RaftLog
}

/** An id as v2 writes it. */
export function hexOf(id: string): string {
  return BigInt(id).toString(16)
}

function placeOf(id: string): string {
  return `/0/members/${hexOf(id)}`
}

function json(value: object): string {
  return JSON.stringify(value)
}
