// Completes package-lock.json with the optional packages of other platforms, which `npm ci` insists on, where the
// registry in use does not serve them. Usage: npm run lock, after every `npm install` that changes the lock file.

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

interface LockedPackage {
  readonly version?: string
  readonly dev?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

interface LockFile {
  packages: Record<string, LockedPackage>
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url))
const systems = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const processors: Readonly<Record<string, string>> = {
  arm64: 'arm64',
  aarch64: 'arm64',
  arm: 'arm',
  armv7: 'arm',
  gnueabihf: 'arm',
  musleabihf: 'arm',
  eabi: 'arm',
  x64: 'x64',
  ia32: 'ia32',
  ppc64: 'ppc64',
  riscv64: 'riscv64',
  s390x: 's390x',
  loong64: 'loong64',
  mips64el: 'mips64el',
}

// The file npm wrote.
const lock = JSON.parse(await readFile(path, 'utf8')) as LockFile
const missing = Object.values(lock.packages).flatMap((each) =>
  Object.entries(each.optionalDependencies ?? {})
    .filter(
      ([name, version]) =>
        lock.packages[`node_modules/${name}`] === undefined && /^\d/.test(version),
    )
    .map(([name, version]) => [name, version] as const),
)
for (const [name, version] of missing)
  lock.packages[`node_modules/${name}`] = entryOf(name, version)
lock.packages = Object.fromEntries(
  Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)),
)
await writeFile(path, `${JSON.stringify(lock, undefined, 2)}\n`)
console.log(`lock: ${missing.length} packages of other platforms added`)

function entryOf(name: string, version: string): object {
  const words = name.split(/[/-]/)
  const os = words.filter((word) => systems.includes(word))
  const cpu = words.flatMap((word) => processors[word] ?? [])
  const musl = words.some((word) => word.startsWith('musl'))
  return {
    version,
    ...(cpu.length > 0 && { cpu: [cpu[0]] }),
    dev: true,
    ...(os.includes('linux') && { libc: [musl ? 'musl' : 'glibc'] }),
    optional: true,
    ...(os.length > 0 && { os }),
  }
}
