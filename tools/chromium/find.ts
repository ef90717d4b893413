// Finds Chromium on this machine: the one that `CHROMIUM` names, what `npm run chromium` brought, or one on PATH.

import { join } from 'node:path'
import { broughtFolder, readManifest, wholeLibraryPath } from '../etcd/brought.ts'
import { findOnPath, isExecutable } from '../etcd/command.ts'
import { chromiumWanted } from './wanted.ts'

/** A Chromium that runs here. */
export interface Chromium {
  readonly command: string
  /** Its version where it was brought; otherwise where it comes from. */
  readonly version: string
  readonly env: Readonly<Record<string, string>>
}

/** Why there is none, and what to do about it. */
export const missingChromiumReason =
  'no Chromium in CHROMIUM, .etcd/ or on PATH ("npm run chromium" brings it)'

const names = ['chromium-headless-shell', 'chromium', 'google-chrome', 'chrome']

/** The Chromium to use, or undefined when there is none. */
export function findChromium(): Chromium | undefined {
  const named = process.env.CHROMIUM
  if (named && isExecutable(named)) return { command: named, version: 'named', env: {} }
  const manifest = readManifest('chromium')
  if (manifest) {
    const folder = join(broughtFolder, 'chromium')
    return {
      command: join(folder, chromiumWanted.proof.file),
      version: manifest.version,
      env: { LD_LIBRARY_PATH: wholeLibraryPath(folder) },
    }
  }
  const installed = names.map(findOnPath).find((path) => path !== undefined)
  return installed === undefined ? undefined : { command: installed, version: 'installed', env: {} }
}
