// The etcd binaries the tests run against, by minor version.

import { type EtcdBinaries, findEtcd } from '../../tools/etcd/find.ts'

/** The versions of etcd that behaviour is tested against. */
export type EtcdVersion = '3.4' | '3.5'

/** All of them, the oldest first. */
export const etcdVersions: readonly EtcdVersion[] = ['3.4', '3.5']

const found = new Map<EtcdVersion, EtcdBinaries>()

/** The binaries of a version, or undefined when there are none: see {@link missingEtcdReason}. */
export function findEtcdBinary(version: EtcdVersion): EtcdBinaries | undefined {
  const binaries = found.get(version) ?? searchEtcd(version)
  // What is missing is looked for again: it may be brought meanwhile.
  if (binaries) found.set(version, binaries)
  return binaries
}

function searchEtcd(version: EtcdVersion): EtcdBinaries | undefined {
  return findEtcd().find((binaries) => binaries.version.startsWith(`${version}.`))
}

/** The versions there are binaries for. */
export function availableEtcdVersions(): EtcdVersion[] {
  return etcdVersions.filter((version) => findEtcdBinary(version) !== undefined)
}

/** The binaries of a version; throws, saying how to get them, when there are none. */
export function requireEtcdBinary(version: EtcdVersion): EtcdBinaries {
  const binaries = findEtcdBinary(version)
  if (!binaries) throw new Error(`Cannot start etcd ${version}: ${missingEtcdReason(version)}`)
  return binaries
}

/** Why a version is missing, and what to do about it. */
export function missingEtcdReason(version: EtcdVersion): string {
  return `no etcd ${version} in .etcd/, ETCD_BINARIES or on PATH ("npm run etcd" brings it)`
}
