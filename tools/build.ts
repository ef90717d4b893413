// Builds every package into its `dist`, in the order they depend on each other. Usage: npm run build

import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

for (const name of ['protocol', 'client', 'server']) {
  rmSync(`${root}packages/${name}/dist`, { recursive: true, force: true })
  const { status } = spawnSync('npx', ['tsc', '-p', `packages/${name}`], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}
