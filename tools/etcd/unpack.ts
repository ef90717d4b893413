// Downloads a wanted entry's packages from one suite, takes the files out of them, and proves that the program runs.

import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { AptSuite } from './apt-suite.ts'
import { type Manifest, wholeLibraryPath } from './brought.ts'
import { runCommand } from './command.ts'
import type { Wanted } from './wanted.ts'

/**
 * Fills a new folder with the wanted files and their manifest. Rejects when the suite has no version that will do,
 * or when the program does not run on this machine.
 */
export async function unpackWanted(
  wanted: Wanted,
  suite: AptSuite,
  folder: string,
): Promise<Manifest> {
  const [mainPackage] = wanted.packages
  const packageVersion = await suite.versionOf(mainPackage)
  if (packageVersion === undefined || !wanted.accepts.test(packageVersion)) {
    const found = packageVersion ?? 'not in this suite'
    throw new Error(`Cannot take ${mainPackage} for ${wanted.name}: ${found}`)
  }
  await mkdir(folder, { recursive: true })
  await takeFiles(wanted, suite, folder)
  if (wanted.libraries && !wanted.whole) await takeLibraries(mainPackage, suite, folder)
  const version = await proveVersion(wanted, folder)
  const manifest = { name: wanted.name, version, packageVersion, suite: suite.suite }
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}

async function takeFiles(wanted: Wanted, suite: AptSuite, folder: string): Promise<void> {
  await withUnpacked(wanted.packages, suite, folder, async (unpacked) => {
    for (const [from, to] of Object.entries(wanted.files)) {
      await cp(join(unpacked, from), join(folder, to))
    }
    if (wanted.whole !== true) return
    for (const name of await readdir(unpacked))
      await rename(join(unpacked, name), join(folder, name))
  })
}

/** Takes the shared libraries of the packages that a package depends on; libc belongs to the machine. */
async function takeLibraries(packageName: string, suite: AptSuite, folder: string): Promise<void> {
  const dependencies = await suite.dependenciesOf(packageName)
  const libraries = dependencies.filter((name) => /^(lib|zlib)/.test(name) && name !== 'libc6')
  await withUnpacked(libraries, suite, folder, async (unpacked) => {
    const files = await readdir(unpacked, { recursive: true })
    const lib = join(folder, 'lib')
    await mkdir(lib, { recursive: true })
    for (const file of files.filter((name) => /\.so\.\d[\d.]*$/.test(name))) {
      await cp(join(unpacked, file), join(lib, basename(file)), { verbatimSymlinks: true })
    }
  })
}

async function withUnpacked(
  packages: readonly string[],
  suite: AptSuite,
  folder: string,
  take: (unpacked: string) => Promise<void>,
): Promise<void> {
  const work = join(folder, 'packages')
  const unpacked = join(work, 'unpacked')
  for (const file of await suite.download(packages, work)) {
    await runCommand('dpkg', ['-x', file, unpacked])
  }
  await take(unpacked)
  await rm(work, { recursive: true })
}

function libraryPath({ whole }: Wanted, folder: string): string {
  return whole ? wholeLibraryPath(folder) : join(folder, 'lib')
}

async function proveVersion(wanted: Wanted, folder: string): Promise<string> {
  const { file, args, version } = wanted.proof
  const env = wanted.libraries ? { LD_LIBRARY_PATH: libraryPath(wanted, folder) } : {}
  const { stdout, stderr } = await runCommand(join(folder, file), args, { env })
  const found = version.exec(stdout + stderr)?.[1]
  if (found === undefined) {
    throw new Error(`Cannot read the version of ${wanted.name}: it says\n${stdout}${stderr}`)
  }
  return found
}
