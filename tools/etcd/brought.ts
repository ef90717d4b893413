// The git-ignored folder `.etcd/` and the manifests in it: what was brought, and which exact versions.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type WantedName, wantedList } from './wanted.ts'

/** The folder `.etcd/` at the repository's root. */
export const broughtFolder: string = fileURLToPath(new URL('../../.etcd', import.meta.url))

/** What `.etcd/<name>/manifest.json` says. */
export interface Manifest {
  readonly name: WantedName
  /** The program's own version, such as `3.5.30`. */
  readonly version: string
  /** The package's version, such as `3.5.30-2`. */
  readonly packageVersion: string
  /** The Debian suite it came from. */
  readonly suite: string
}

/** The manifest of one folder below `.etcd/`, or undefined when it was not brought. */
export function readManifest(
  name: WantedName,
  folder: string = broughtFolder,
): Manifest | undefined {
  const path = join(folder, name, 'manifest.json')
  // The file is written by this program alone, and moved into place whole.
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Manifest) : undefined
}

/** The folder of shared libraries brought along with a program, for `LD_LIBRARY_PATH`. */
export function libraryFolder(name: WantedName, folder: string = broughtFolder): string {
  return join(folder, name, 'lib')
}

/** What is not there yet. */
export function missingNames(folder: string = broughtFolder): WantedName[] {
  return wantedList.map(({ name }) => name).filter((name) => !readManifest(name, folder))
}
