// Finds etcd on this machine: the user's own folder, what `npm run etcd` brought, or PATH.

import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { broughtFolder, readManifest } from './brought.ts'
import { findOnPath, isExecutable } from './command.ts'

/** An etcd that runs here. */
export interface EtcdBinaries {
  /** The exact version, such as `3.5.30`. */
  readonly version: string
  /** The path of the server. */
  readonly etcd: string
  /** The path of the command line client, where there is one beside the server. */
  readonly etcdctl: string | undefined
}

/**
 * Every etcd found, the best first: the folder that the variable `ETCD_BINARIES` names and the folders in it, then
 * `.etcd/`, then PATH. What does not run is left out.
 *
 * @example
 * ```ts
 * const newest = findEtcd().find(({ version }) => version.startsWith('3.5.'))
 * ```
 */
export function findEtcd(): EtcdBinaries[] {
  return [...findNamed(), ...findBrought(), ...findInstalled()]
}

function findNamed(): EtcdBinaries[] {
  const folder = process.env.ETCD_BINARIES
  if (!folder) return []
  return [folder, ...subfolders(folder)].flatMap((path) => probe(join(path, 'etcd'), path))
}

function subfolders(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true })
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name))
  } catch {
    return []
  }
}

function findBrought(): EtcdBinaries[] {
  return (['3.5', '3.4'] as const).flatMap((name) => {
    const manifest = readManifest(name)
    if (!manifest) return []
    const file = (program: string): string => join(broughtFolder, name, program)
    return { version: manifest.version, etcd: file('etcd'), etcdctl: file('etcdctl') }
  })
}

function findInstalled(): EtcdBinaries[] {
  const etcd = findOnPath('etcd')
  return etcd === undefined ? [] : probe(etcd, undefined)
}

/** Asks a server for its version; the client lies in the same folder, or on PATH. */
function probe(etcd: string, folder: string | undefined): EtcdBinaries[] {
  const version = isExecutable(etcd) ? readVersion(etcd) : undefined
  if (version === undefined) return []
  const beside = folder === undefined ? undefined : join(folder, 'etcdctl')
  const etcdctl = beside !== undefined && isExecutable(beside) ? beside : findOnPath('etcdctl')
  return [{ version, etcd, etcdctl }]
}

function readVersion(etcd: string): string | undefined {
  try {
    const output = execFileSync(etcd, ['--version'], { encoding: 'utf8', timeout: 10_000 })
    return /^etcd Version: (\S+)$/m.exec(output)?.[1]
  } catch {
    return undefined
  }
}
