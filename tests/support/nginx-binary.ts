// The nginx the proxy tests run through: the one that `npm run etcd` brought, or an installed one.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { broughtFolder, libraryFolder, readManifest } from '../../tools/etcd/brought.ts'
import { findOnPath, isExecutable } from '../../tools/etcd/command.ts'

/** An nginx that runs here. */
export interface NginxBinary {
  readonly path: string
  /** The folder of the libraries that came with it. */
  readonly libraries: string | undefined
}

/** Why there is none, and what to do about it. */
export const missingNginxReason = 'no nginx in .etcd/ or on PATH ("npm run etcd" brings it)'

/** The nginx to use, or undefined when there is none. */
export function findNginx(): NginxBinary | undefined {
  if (readManifest('nginx')) {
    const libraries = libraryFolder('nginx')
    const path = join(broughtFolder, 'nginx', 'nginx')
    return { path, libraries: existsSync(libraries) ? libraries : undefined }
  }
  // Debian keeps it where only root's PATH looks.
  const path = findOnPath('nginx') ?? ['/usr/sbin/nginx'].find(isExecutable)
  return path === undefined ? undefined : { path, libraries: undefined }
}
