// Folders that live as long as a test needs them.

import { accessSync, constants, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { guardFolder } from './guard.ts'

/** A folder that is removed on dispose, or by the guard when this process dies before. */
export interface TempFolder extends AsyncDisposable {
  readonly path: string
}

/** Makes an empty folder: in memory where the system offers it, as servers write there what nobody keeps. */
export function createTempFolder(name: string): TempFolder {
  // Made and guarded in one go, so that it cannot be missed.
  const path = mkdtempSync(join(parentFolder(), `etcdkit-${name}-`))
  guardFolder(path)
  return {
    path,
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 3 }),
  }
}

function parentFolder(): string {
  try {
    accessSync('/dev/shm', constants.W_OK)
    return '/dev/shm'
  } catch {
    return tmpdir()
  }
}
