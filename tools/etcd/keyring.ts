// Whose signature a suite must carry: the keyring on this machine, or a newer one that the machine's keyring vouches for.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type AptSuite, openAptSuite } from './apt-suite.ts'
import { runCommand } from './command.ts'

// The file's name changed with Debian 13.
const keyringFiles = ['debian-archive-keyring.pgp', 'debian-archive-keyring.gpg']
const keyringFolder = '/usr/share/keyrings'

/** The machine's keyring of Debian's archive keys; undefined where apt's own trusted keys have to do. */
export function findArchiveKeyring(folder: string = keyringFolder): string | undefined {
  return keyringFiles.map((file) => join(folder, file)).find((path) => existsSync(path))
}

/** How to reach a suite, and the one whose signature the machine's keyring certainly knows. */
export interface VouchedSuiteOptions {
  readonly mirror: string
  readonly suite: string
  readonly folder: string
  readonly keyring: string | undefined
  /** Opens the suite a newer keyring comes from when the machine's does not know the other suite's key. */
  readonly trusted: () => Promise<AptSuite>
}

/**
 * Opens a suite that may be younger than this machine's keyring. When its key is unknown here, the trusted suite's
 * own keyring package is taken instead: it is signed by a key that is known, so nothing is taken on faith.
 */
export async function openVouchedSuite(options: VouchedSuiteOptions): Promise<AptSuite> {
  const { mirror, suite, folder, keyring, trusted } = options
  try {
    return await openAptSuite({ mirror, suite, keyring, folder })
  } catch (error) {
    if (!isUnknownKey(error)) throw error
  }
  const newer = await fetchKeyring(await trusted(), join(folder, 'keyring'))
  return openAptSuite({ mirror, suite, keyring: newer, folder })
}

function isUnknownKey(error: unknown): boolean {
  return (
    error instanceof Error && /NO_PUBKEY|is not signed|couldn't be verified/.test(error.message)
  )
}

/** Downloads and unpacks the suite's keyring package and resolves with the path of the keyring in it. */
export async function fetchKeyring(suite: AptSuite, folder: string): Promise<string> {
  const [file] = await suite.download(['debian-archive-keyring'], folder)
  if (file === undefined) throw new Error(`Cannot fetch a keyring from ${suite.suite}: no package`)
  await runCommand('dpkg', ['-x', file, folder])
  const keyring = findArchiveKeyring(join(folder, keyringFolder))
  if (keyring === undefined) {
    throw new Error(`Cannot fetch a keyring from ${suite.suite}: no ${keyringFiles.join(' or ')}`)
  }
  return keyring
}
