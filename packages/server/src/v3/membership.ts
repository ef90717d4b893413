// The members of the cluster: the one there is, and those that are announced and never come.

import { createHash } from 'node:crypto'
import { type Member, statusNumbers, statusOf } from '@etcdkit/protocol'
import type { MemberInfo } from './member.ts'
import { refusal, StatusError } from './status.ts'

const maxLearners = 1

/**
 * A cluster whose other members are but names in a list.
 *
 * In etcd a second voting member that does not start blocks every write, for there is no majority. Here it is listed, and
 * all goes on: what is asked of a cluster of one can be tested, and the list be put right. What etcd refuses is refused.
 * Source: etcd `server/etcdserver/server.go`, `api/membership/cluster.go`.
 */
export class Membership {
  readonly #self: MemberInfo
  #selfPeerUrls: readonly string[]
  /** In the order of their coming. */
  readonly #others = new Map<string, Member>()

  constructor(self: MemberInfo) {
    this.#self = self
    this.#selfPeerUrls = self.peerUrls
  }

  /** All members, ordered by id as etcd has it. */
  get members(): readonly Member[] {
    const all = [this.#describeSelf(), ...this.#others.values()]
    return all.sort((a, b) => (BigInt(a.ID) < BigInt(b.ID) ? -1 : 1))
  }

  find(id: string): Member | undefined {
    return id === this.#self.memberId ? this.#describeSelf() : this.#others.get(id)
  }

  /** Throws `not-enough-started-members`, `member-exists`, `peer-url-exists`, `too-many-learners`. */
  add(peerUrls: readonly string[], isLearner: boolean): Member {
    const voters = this.#voters()
    // One may be added to one: so a cluster grows. After that most of them would have to be there.
    if (!isLearner && voters.length > 1) throw notEnoughStarted()
    const ID = newId(peerUrls)
    if (this.find(ID) !== undefined) throw refusal('member-exists')
    this.#assertFree(peerUrls, undefined)
    const learners = this.members.filter((member) => member.isLearner)
    if (isLearner && learners.length >= maxLearners) throw refusal('too-many-learners')
    const member = { ID, name: '', peerURLs: peerUrls, clientURLs: [], isLearner }
    this.#others.set(ID, member)
    return member
  }

  /** Throws `not-enough-started-members` for the last that is there, `member-not-found`. */
  remove(id: string): void {
    if (id === this.#self.memberId) throw notEnoughStarted()
    if (!this.#others.delete(id)) throw refusal('member-not-found')
  }

  /** Throws `member-not-found`, `peer-url-exists`. */
  update(id: string, peerUrls: readonly string[]): void {
    const member = this.find(id)
    if (member === undefined) throw refusal('member-not-found')
    this.#assertFree(peerUrls, id)
    if (id === this.#self.memberId) this.#selfPeerUrls = peerUrls
    else this.#others.set(id, { ...member, peerURLs: peerUrls })
  }

  /** Always throws: `member-not-found`, `member-not-learner`, `learner-not-ready` for one that never came. */
  promote(id: string): never {
    if (id === this.#self.memberId) throw refusal('member-not-learner')
    throw refusal(this.#others.has(id) ? 'learner-not-ready' : 'member-not-found')
  }

  #describeSelf(): Member {
    const { memberId, name, clientUrls } = this.#self
    return {
      ID: memberId,
      name,
      peerURLs: this.#selfPeerUrls,
      clientURLs: clientUrls,
      isLearner: false,
    }
  }

  #voters(): readonly Member[] {
    return this.members.filter((member) => !member.isLearner)
  }

  /** Throws `peer-url-exists` if a member other than that of `id` has one of the URLs. */
  #assertFree(peerUrls: readonly string[], id: string | undefined): void {
    const taken = this.members.filter(({ ID }) => ID !== id).flatMap(({ peerURLs }) => peerURLs)
    if (peerUrls.some((url) => taken.includes(url))) throw refusal('peer-url-exists')
  }
}

/** As etcd makes one, of the URLs and the second: who adds a member twice at once is told that its id exists. */
function newId(peerUrls: readonly string[]): string {
  const second = Math.floor(Date.now() / 1000)
  const hash = createHash('sha1').update(`${peerUrls.join('')}${second}`)
  return String(hash.digest().readBigUInt64BE(0))
}

/** As etcd sends it: without the status that the words stand for. */
function notEnoughStarted(): StatusError {
  const { message } = statusOf('not-enough-started-members')
  return new StatusError({ status: statusNumbers.unknown, message })
}
