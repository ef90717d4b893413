// Brings what the table of wanted binaries lists into `.etcd/`, without installing anything. Each folder below it is
// built aside and moved into place in one step, so that concurrent runs and interrupted ones leave nothing half done.

import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type AptSuite, openAptSuite } from './apt-suite.ts'
import { broughtFolder, missingNames, readManifest } from './brought.ts'
import { findArchiveKeyring, openVouchedSuite } from './keyring.ts'
import { assertDebian, findDebianMirror } from './mirror.ts'
import { unpackWanted } from './unpack.ts'
import { type Wanted, wantedList } from './wanted.ts'

/** Where to, and who is told. */
export interface BringOptions {
  readonly folder?: string
  readonly log?: (line: string) => void
  /** Default: the servers that tests run on. */
  readonly wanted?: readonly Wanted[]
}

/** What could not be brought, and what was tried. */
export interface NotBrought {
  readonly wanted: Wanted
  readonly reason: string
}

/** Opens a suite of the archive; the second time it is there at once. */
type SuiteOpener = (suite: string) => Promise<AptSuite>

const trustedSuite = 'bookworm'
const stagingPrefix = '.staging-'
const staleStagingMs = 3_600_000

/**
 * Brings what is missing, and resolves with what could not be brought. Does nothing when all is there.
 * Rejects when this machine cannot fetch packages at all: no Debian, no apt, no archive in its sources, no network.
 */
export async function bringBinaries(options: BringOptions = {}): Promise<NotBrought[]> {
  const { folder = broughtFolder, log = () => {}, wanted: list = wantedList } = options
  const missing = new Set(missingNames(folder, list))
  if (missing.size === 0) return []
  assertDebian()
  const mirror = await findDebianMirror()
  await mkdir(folder, { recursive: true })
  await removeStaleStaging(folder)
  const staging = await mkdtemp(join(folder, stagingPrefix))
  try {
    const open = suiteOpener(mirror, staging)
    // Without network each suite would fail in the same slow way: this one says it once, for all.
    await open(trustedSuite)
    const failures: NotBrought[] = []
    for (const wanted of list.filter(({ name }) => missing.has(name))) {
      const reason = await bringOne(wanted, { folder, staging, open, log })
      if (reason !== undefined) failures.push({ wanted, reason })
    }
    return failures
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

interface BringContext {
  readonly folder: string
  readonly staging: string
  readonly open: SuiteOpener
  readonly log: (line: string) => void
}

/** Tries the suites in their order; resolves with what went wrong in each when none will do. */
async function bringOne(wanted: Wanted, context: BringContext): Promise<string | undefined> {
  const reasons: string[] = []
  for (const suiteName of wanted.suites) {
    try {
      const suite = await context.open(suiteName)
      const built = join(context.staging, `${wanted.name}-${suiteName}`)
      const manifest = await unpackWanted(wanted, suite, built)
      await publish(built, join(context.folder, wanted.name))
      const { version, packageVersion } = manifest
      context.log(`${wanted.name}: ${version} (Debian ${suiteName}, ${packageVersion})`)
      return undefined
    } catch (error) {
      reasons.push(`${suiteName}: ${error instanceof Error ? error.message : String(error)}`)
      // Another run may have been faster.
      if (readManifest(wanted.name, context.folder)) return undefined
    }
  }
  return reasons.join('\n')
}

/** Moves a finished folder into place; when another run was first, its folder stays. */
async function publish(built: string, target: string): Promise<void> {
  try {
    await rename(built, target)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException // fs rejects with nothing else
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error
  }
}

function suiteOpener(mirror: string, staging: string): SuiteOpener {
  const keyring = findArchiveKeyring()
  const opened = new Map<string, Promise<AptSuite>>()
  const open: SuiteOpener = (suite) => {
    const known = opened.get(suite)
    if (known) return known
    const options = { mirror, suite, keyring, folder: join(staging, `apt-${suite}`) }
    const opening =
      suite === trustedSuite
        ? openAptSuite(options)
        : openVouchedSuite({ ...options, trusted: () => open(trustedSuite) })
    opened.set(suite, opening)
    return opening
  }
  return open
}

/** Removes what runs that were killed left behind. */
async function removeStaleStaging(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(stagingPrefix)) continue
    const path = join(folder, name)
    const changed = await stat(path).catch(() => undefined) // gone meanwhile: its owner has finished
    if (changed && Date.now() - changed.mtimeMs > staleStagingMs) {
      await rm(path, { recursive: true, force: true })
    }
  }
}
