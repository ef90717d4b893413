// The one member of the cluster: its name, its ids, where it is reached.

import { createHash } from 'node:crypto'

/** The member, and the cluster of it alone. */
export interface MemberInfo {
  readonly name: string
  readonly clusterId: string
  readonly memberId: string
  readonly peerUrls: readonly string[]
  /** Where clients reach it; more may come to be known as it listens. */
  clientUrls: readonly string[]
}

/** What a member is made of. */
export interface MemberOptions {
  readonly name: string
  readonly clusterToken: string
  readonly peerUrls: readonly string[]
  readonly clientUrls: readonly string[]
}

/** A member with the ids that etcd would give it. Source: etcd `server/etcdserver/api/membership/{member,cluster}.go`. */
export function createMember(options: MemberOptions): MemberInfo {
  const { name, clusterToken, peerUrls, clientUrls } = options
  const memberId = idOf(Buffer.from([...peerUrls].sort().join('') + clusterToken))
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(memberId)
  return {
    name,
    memberId: String(memberId),
    clusterId: String(idOf(bytes)),
    peerUrls,
    clientUrls,
  }
}

function idOf(bytes: Uint8Array): bigint {
  return createHash('sha1').update(bytes).digest().readBigUInt64BE(0)
}
