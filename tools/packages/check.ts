// What is published, as its users get it: publint, attw, the installed size, the time an import takes.
// Usage: node --import tsx tools/packages/check.ts, after a build.

import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundlePage } from './page.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const packages = (await readdir(join(root, 'packages'))).map((name) => join(root, 'packages', name))
const maxInstalledBytes = 1_000_000
// Of an import: on a machine with nothing else to do, or as a part of npm etcd3's, which a busy one slows down as well.
const maxImportMs = 40
const maxImportPart = 0.3
const maxPageBytes = 40_000

const folder = await mkdtemp(join(tmpdir(), 'etcdkit-packages-'))
const faults: string[] = []
try {
  const tarballs = packages.map((path) => pack(path, folder))
  for (const tarball of tarballs) {
    run('npx', ['publint', '--strict', tarball], root)
    run('npx', ['attw', '--profile', 'esm-only', tarball], root)
  }
  await checkClient(tarballs)
} finally {
  await rm(folder, { recursive: true, force: true })
}
for (const fault of faults) console.error(`packages: ${fault}`)
console.log(`packages: ${packages.length} checked, ${faults.length} faults`)
process.exitCode = faults.length === 0 ? 0 : 1

function pack(path: string, destination: string): string {
  const output = run('npm', ['pack', '--json', '--pack-destination', destination], path)
  // What `npm pack --json` prints: an array of one, or an object by name in npm 12.
  const listing = JSON.parse(output) as
    | { filename: string }[]
    | Record<string, { filename: string }>
  return join(destination, Object.values(listing)[0]?.filename ?? '')
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { stdout, stderr, status } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) faults.push(`${command} ${args.join(' ')}:\n${stdout}${stderr}`)
  return stdout
}

// `etcdkit` with all it depends on, installed from the tarballs into an empty project.
async function checkClient(tarballs: readonly string[]): Promise<void> {
  const project = await mkdtemp(join(folder, 'project-'))
  await writeFile(join(project, 'package.json'), '{"private":true,"type":"module"}')
  const own = tarballs.filter((path) => !path.includes('server'))
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', ...own], project)
  const bytes = await sizeOf(join(project, 'node_modules'))
  const manifest = await readFile(join(project, 'node_modules/etcdkit/package.json'), 'utf8')
  // The manifest this project wrote.
  const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> }
  const others = Object.keys(dependencies).filter((name) => name !== '@etcdkit/protocol')
  let imported = importTimes(project)
  // A busy moment of the machine is no property of the package.
  for (let tries = 1; tries < 4 && isSlow(imported); tries++) imported = importTimes(project)
  const importText = `imports in ${imported.ms.toFixed(1)} ms more than an empty module, ${imported.ofEtcd3.toFixed(2)} of etcd3's`
  console.log(
    `packages: etcdkit installs ${(bytes / 1000).toFixed(0)} kB, ${others.length} other dependencies, ${importText}`,
  )
  if (bytes >= maxInstalledBytes)
    faults.push(`etcdkit installs ${bytes} bytes, over ${maxInstalledBytes}`)
  if (others.length > 1)
    faults.push(`etcdkit has ${others.length} dependencies besides @etcdkit/protocol`)
  await checkTypes(project)
  await checkPage(project)
  if (isSlow(imported)) faults.push(`${importText}: over ${maxImportMs} ms and ${maxImportPart}`)
}

// Declarations are trimmed by hand: nothing they name may be missing.
async function checkTypes(project: string): Promise<void> {
  const doors = ['etcdkit', 'etcdkit/gateway', 'etcdkit/v2', 'etcdkit/etcdjs', 'etcdkit/protocol']
  const imports = doors.map((door, index) => `export * as door${index} from '${door}'\n`)
  await writeFile(join(project, 'doors.ts'), imports.join(''))
  const compilerOptions = {
    ...{ target: 'ES2022', module: 'NodeNext', strict: true, noEmit: true, skipLibCheck: false },
    lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'],
    typeRoots: [join(root, 'node_modules/@types')],
    types: ['node'],
  }
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: ['doors.ts'] }),
  )
  run('npx', ['tsc', '-p', project], root)
}

// A page that watches and puts by the gateway, with as little as that takes, and with everything.
async function checkPage(project: string): Promise<void> {
  const [core, whole] = [await bundlePage(project, 'EtcdCore'), await bundlePage(project, 'Etcd')]
  const kilobytes = ({ gzippedBytes }: typeof core): string => (gzippedBytes / 1000).toFixed(1)
  console.log(
    `packages: a page with etcdkit/gateway is ${kilobytes(core)} kB gzipped with EtcdCore, ${kilobytes(whole)} kB with Etcd`,
  )
  if (core.gzippedBytes > maxPageBytes) {
    faults.push(`a page with EtcdCore is ${core.gzippedBytes} bytes gzipped, over ${maxPageBytes}`)
  }
  for (const name of [...core.missing, ...whole.missing]) {
    faults.push(`a page with etcdkit/gateway needs ${name}`)
  }
}

async function sizeOf(path: string): Promise<number> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  const sizes = await Promise.all(files.map((file) => stat(join(file.parentPath, file.name))))
  return sizes.reduce((sum, { size }) => sum + size, 0)
}

// The least of several runs: what the import takes when the machine is not busy with something else.
interface ImportTimes {
  /** Milliseconds more than an empty module takes. */
  readonly ms: number
  /** The same as a part of what npm etcd3 takes. */
  readonly ofEtcd3: number
}

function isSlow({ ms, ofEtcd3 }: ImportTimes): boolean {
  return ms >= maxImportMs && ofEtcd3 >= maxImportPart
}

function importTimes(project: string): ImportTimes {
  const runs = Array.from({ length: 10 }, () => ({
    empty: startTime(project, ''),
    own: startTime(project, "import 'etcdkit'"),
    peer: startTime(root, "import 'etcd3'"),
  }))
  const [empty, own, peer] = (['empty', 'own', 'peer'] as const).map((name) =>
    Math.min(...runs.map((each) => each[name])),
  ) as [number, number, number]
  return { ms: own - empty, ofEtcd3: (own - empty) / (peer - empty) }
}

function startTime(cwd: string, program: string): number {
  const begin = performance.now()
  run(process.execPath, ['--input-type=module', '-e', program], cwd)
  return performance.now() - begin
}
