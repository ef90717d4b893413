// Whether all members run a version that is new enough.

import { EtcdError } from '@etcdkit/protocol'
import { quoteText } from '../bytes.ts'
import type { ClusterMember } from '../cluster/cluster.ts'

/** A version as far as it is compared: 3.5 before 3.10, and 3.5.1 among 3.5. */
export interface MinorVersion {
  readonly major: number
  readonly minor: number
}

/** The minor version in `version`, such as `3.5` or `3.5.30`. Throws `TypeError` for what is none. */
export function parseVersion(version: string): MinorVersion {
  const parsed = minorVersionOf(String(version))
  if (parsed === undefined) {
    throw new TypeError(`a version is like 3.5, not ${quoteText(String(version))}`)
  }
  return parsed
}

/** Throws `old-cluster` if `version`, which a member runs, is older than `least`, or is no version at all. */
export function assertNotOlder(member: ClusterMember, version: string, least: MinorVersion): void {
  const { major, minor } = minorVersionOf(version) ?? { major: 0, minor: 0 }
  if (major > least.major || (major === least.major && minor >= least.minor)) return
  const name = member.name === '' ? member.id : member.name
  throw new EtcdError(`member ${name} runs ${version}`, { code: 'old-cluster' })
}

function minorVersionOf(version: string): MinorVersion | undefined {
  const [, major, minor] = /^(\d{1,4})\.(\d{1,4})(?:[.+-].*)?$/.exec(version) ?? []
  return major === undefined || minor === undefined
    ? undefined
    : { major: Number(major), minor: Number(minor) }
}
