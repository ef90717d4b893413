// Makes plain JavaScript of test files: read from TypeScript, a process needs a second for the project's modules alone,
// and every test file has a process of its own.

import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Test files, bundled. Disposing removes the bundles. */
export interface TestBundles extends AsyncDisposable {
  /** The bundle of each file, in the same order. */
  readonly files: readonly string[]
  /** The file, from the project's root, that a bundle was made of; of any other file, its own path from there. */
  sourceOf(path: string): string
}

/** Bundles test files, given from the project's root. What they share is in files that they share. */
export async function bundleTests(files: readonly string[]): Promise<TestBundles> {
  // Within the project, where what is not bundled is found.
  const cache = join(root, 'node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'etcdkit-tests-'))
  await build({
    absWorkingDir: root,
    entryPoints: [...files],
    outdir: folder,
    outbase: root,
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    conditions: ['etcdkit-source'],
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'error',
    logLimit: 5,
    chunkNames: 'shared/[hash]',
    plugins: [ownPackages, ownPlaces],
  })
  const bundleOf = new Map(files.map((file) => [file, join(folder, file.replace(/\.ts$/, '.js'))]))
  const sources = new Map([...bundleOf].map(([file, bundle]) => [bundle, file]))
  return {
    files: [...bundleOf.values()],
    sourceOf: (path) => sources.get(path) ?? relative(root, path),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

/** Packages of others stay where they are. */
const ownPackages: Plugin = {
  name: 'own packages',
  setup(make) {
    make.onResolve({ filter: /^[a-z@]/ }, ({ path, kind }) => {
      const isOwn = kind === 'entry-point' || /^@?etcdkit(\/|$)/.test(path)
      return isOwn ? undefined : { path, external: true }
    })
  },
}

/** A module finds the files beside its source, not beside its bundle. */
const ownPlaces: Plugin = {
  name: 'own places',
  setup(make) {
    make.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (!text.includes('import.meta.url')) return undefined
      const place = JSON.stringify(pathToFileURL(path).href)
      return { contents: text.replaceAll('import.meta.url', place), loader: 'ts' }
    })
  },
}
