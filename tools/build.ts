// Builds every package into its `dist`: declarations by tsc, code by esbuild, one file a door. Usage: npm run build
// As the hundred modules that tsc writes, the client takes 90 ms to import; as one file 22 (Node 20, measured).

import { spawnSync } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** What of a package's manifest a build needs. */
interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly 'etcdkit-source': string }>>
  readonly bin?: Readonly<Record<string, string>>
}

const root = fileURLToPath(new URL('..', import.meta.url))

// In the order they depend on each other.
for (const name of ['protocol', 'client', 'server'])
  await buildPackage(join(root, 'packages', name))

async function buildPackage(folder: string): Promise<void> {
  await rm(join(folder, 'dist'), { recursive: true, force: true })
  // Declarations that follow from the sources alone come out even of code with type errors: they stop the build.
  const { status } = spawnSync('npx', ['tsc', '-p', folder, '--emitDeclarationOnly'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
  await build({
    entryPoints: await doorsOf(folder),
    outdir: join(folder, 'dist'),
    bundle: true,
    // Doors share what they have in common.
    splitting: true,
    chunkNames: 'shared-[hash]',
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  })
}

async function doorsOf(folder: string): Promise<string[]> {
  // The manifests of this project have this shape.
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Manifest
  const doors = Object.values(manifest.exports).flatMap((door) =>
    typeof door === 'string' ? [] : [door['etcdkit-source']],
  )
  const commands = Object.values(manifest.bin ?? {}).map((path) =>
    path.replace('./dist/', './src/').replace(/\.js$/, '.ts'),
  )
  return [...doors, ...commands].map((path) => join(folder, path))
}
