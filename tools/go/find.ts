// Finds Go with etcd's client on this machine: what `npm run go` brought, or Debian's packages where they are installed.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { broughtFolder, readManifest } from '../etcd/brought.ts'
import { findOnPath } from '../etcd/command.ts'

/** A Go that can build programs on etcd's client. */
export interface Go {
  /** The path of the command. */
  readonly command: string
  /** Go's version where it was brought, such as `1.19.8`. */
  readonly version: string
  /** Where it is told to find its own library, and the client's sources. */
  readonly env: Readonly<Record<string, string>>
}

/** Why there is none, and what to do about it. */
export const missingGoReason =
  'no Go with etcd’s client in .etcd/ or installed ("npm run go" brings it)'

const installedLibraries = '/usr/share/gocode'

/** The Go to use, or undefined when there is none. */
export function findGo(): Go | undefined {
  const manifest = readManifest('go')
  if (manifest) return broughtGo(manifest.version)
  const command = findOnPath('go')
  const hasClient = existsSync(join(installedLibraries, 'src/go.etcd.io/etcd/clientv3'))
  if (command === undefined || !hasClient) return undefined
  return { command, version: 'installed', env: { GOPATH: installedLibraries } }
}

function broughtGo(version: string): Go {
  const root = join(broughtFolder, 'go', 'usr')
  const own = join(root, 'lib', 'go-1.19')
  return {
    command: join(own, 'bin', 'go'),
    version,
    env: { GOROOT: own, GOPATH: join(root, 'share', 'gocode') },
  }
}
