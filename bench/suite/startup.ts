// What a client costs before its first call: the time to import it, to the first answer, and the bytes it installs.

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { median } from '../support/table.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What a client costs. */
export interface StartupFigures {
  readonly peer: 'etcdkit' | 'etcd3'
  readonly importMs: number
  readonly firstCallMs: number
  readonly installedBytes: number
  /** A program that puts, gets and watches, bundled for Node, minified and compressed by gzip. */
  readonly bundledBytes: number
}

const programs = {
  etcdkit: (endpoint: string) => `
    const start = performance.now()
    const { Etcd } = await import('etcdkit')
    const imported = performance.now() - start
    const etcd = new Etcd(${JSON.stringify(endpoint)})
    await etcd.get('a')
    console.log(JSON.stringify([imported, performance.now() - start]))
    await etcd.close()`,
  etcd3: (endpoint: string) => `
    const start = performance.now()
    const { Etcd3 } = await import('etcd3')
    const imported = performance.now() - start
    const etcd = new Etcd3({ hosts: ${JSON.stringify(endpoint)} })
    await etcd.get('a').string()
    console.log(JSON.stringify([imported, performance.now() - start]))
    etcd.close()`,
} as const

/** What is bundled: imports decide what a bundler leaves out. */
const bundled = {
  etcdkit: `
    import { Etcd } from 'etcdkit'
    const etcd = new Etcd()
    await etcd.put('a', (await etcd.get('a'))?.value ?? '')
    for await (const event of etcd.watch('a')) console.log(event)`,
  etcd3: `
    import { Etcd3 } from 'etcd3'
    const etcd = new Etcd3()
    await etcd.put('a').value((await etcd.get('a').string()) ?? '')
    const watcher = await etcd.watch().key('a').create()
    watcher.on('put', (event) => console.log(event))`,
} as const

/** Measures both, in turns. The packages must be built. */
export async function measureStartup(endpoint: string, rounds: number): Promise<StartupFigures[]> {
  const times = { etcdkit: [] as [number, number][], etcd3: [] as [number, number][] }
  for (let round = 0; round < rounds; round++) {
    for (const peer of ['etcdkit', 'etcd3'] as const) {
      const args = ['--input-type=module', '-e', programs[peer](endpoint)]
      const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
      times[peer].push(JSON.parse(stdout) as [number, number])
    }
  }
  const sizes = { etcdkit: await bundledBytes('etcdkit'), etcd3: await bundledBytes('etcd3') }
  return (['etcdkit', 'etcd3'] as const).map((peer) => ({
    peer,
    importMs: median(times[peer].map(([imported]) => imported)),
    firstCallMs: median(times[peer].map(([, first]) => first)),
    installedBytes: peer === 'etcdkit' ? ownBytes() : treeBytes('etcd3'),
    bundledBytes: sizes[peer],
  }))
}

async function bundledBytes(peer: keyof typeof bundled): Promise<number> {
  const { outputFiles } = await build({
    stdin: { contents: bundled[peer], resolveDir: root },
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  return gzipSync(outputFiles[0]?.contents ?? new Uint8Array(), { level: 9 }).length
}

function ownBytes(): number {
  return ['client', 'protocol'].reduce(
    (sum, name) => sum + packedBytes(join(root, 'packages', name)),
    0,
  )
}

// What `npm pack` takes: what `files` names, and what it always takes.
function packedBytes(folder: string): number {
  const always = ['package.json', 'README.md', 'LICENSE'].filter((name) =>
    existsSync(join(folder, name)),
  )
  return ['dist', ...always].reduce((sum, name) => sum + bytesOf(join(folder, name)), 0)
}

function treeBytes(name: string): number {
  const seen = new Set<string>()
  const waiting: { readonly name: string; readonly from: string }[] = [{ name, from: root }]
  let bytes = 0
  for (const { name: wanted, from } of waiting) {
    const folder = resolvePackage(wanted, from)
    if (folder === undefined || seen.has(folder)) continue
    seen.add(folder)
    bytes += bytesOf(folder)
    // What npm requires of every package.
    const { dependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    ) as {
      readonly dependencies?: Readonly<Record<string, string>>
    }
    for (const dependency of Object.keys(dependencies))
      waiting.push({ name: dependency, from: folder })
  }
  return bytes
}

function resolvePackage(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name)
    if (existsSync(place)) return place
    if (folder === dirname(folder)) return undefined
  }
}

function bytesOf(path: string): number {
  const stats = statSync(path)
  if (stats.isFile()) return stats.size
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + bytesOf(join(path, name)), 0)
}
