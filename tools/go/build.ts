// Builds a Go program on etcd's client, offline: from the sources that came with it, as Go did before it had modules.

import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { broughtFolder } from '../etcd/brought.ts'
import { runCommand } from '../etcd/command.ts'
import { findGo, missingGoReason } from './find.ts'

/**
 * Builds the program in `folder` into the file `output`. What is built once is kept in `.etcd/go-cache`. Rejects with
 * what the compiler says.
 */
export async function buildGo(folder: string, output: string): Promise<void> {
  const go = findGo()
  if (go === undefined) throw new Error(`Cannot build ${folder}: ${missingGoReason}`)
  const cache = join(broughtFolder, 'go-cache')
  await mkdir(cache, { recursive: true })
  const env = {
    ...go.env,
    GO111MODULE: 'off',
    GOFLAGS: '',
    GOENV: 'off',
    GOCACHE: cache,
    // There is nothing in C, and perhaps no compiler for it.
    CGO_ENABLED: '0',
  }
  await runCommand(go.command, ['build', '-o', output, '.'], { cwd: folder, env })
}
