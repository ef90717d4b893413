// The etcd binaries the tests run against, by minor version.

import { type EtcdBinaries, findEtcd } from '../../tools/etcd/find.ts'

/** The versions of etcd that behaviour is tested against. */
export type EtcdVersion = '3.4' | '3.5'

/** All of them, the oldest first. */
export const etcdVersions: readonly EtcdVersion[] = ['3.4', '3.5']

let found: EtcdBinaries[] | undefined

/** The binaries of a version, or undefined when there are none: see {@link missingEtcdReason}. */
export function findEtcdBinary(version: EtcdVersion): EtcdBinaries | undefined {
  found ??= findEtcd()
  return found.find((binaries) => binaries.version.startsWith(`${version}.`))
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
