// The git-ignored folder `.etcd/` and the manifests in it: what was brought, and which exact versions.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Wanted, type WantedName, wantedList } from './wanted.ts'

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

/** The folders of shared libraries in packages that are kept whole, for `LD_LIBRARY_PATH`. */
export function wholeLibraryPath(folder: string): string {
  const parents = [join(folder, 'usr', 'lib'), join(folder, 'lib')].filter(existsSync)
  const folders = parents.flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => /-linux-gnu/.test(name))
      .map((name) => join(parent, name)),
  )
  return folders.flatMap((each) => [each, join(each, 'pulseaudio')]).join(delimiter)
}

/** What is not there yet. */
export function missingNames(
  folder: string = broughtFolder,
  wanted: readonly Wanted[] = wantedList,
): WantedName[] {
  return wanted.map(({ name }) => name).filter((name) => !readManifest(name, folder))
}
