// The address of Debian's main archive, as this machine's own apt knows it. No host name is written down here.

import { readFileSync } from 'node:fs'
import { findOnPath, runCommand } from './command.ts'

/** One suite of one archive in apt's sources. */
export interface AptSource {
  readonly uri: string
  readonly suite: string
  readonly component: string
}

/** The distribution's id in the text of an os-release file, or undefined. */
export function parseDistribution(osRelease: string): string | undefined {
  return /^ID="?([^"\n]*)"?$/m.exec(osRelease)?.[1]
}

/** Throws, saying what is missing, unless this is a Debian with apt and dpkg. */
export function assertDebian(): void {
  const distribution = readDistribution()
  if (distribution !== 'debian') {
    const found = distribution ?? `no /etc/os-release (${process.platform})`
    throw new Error(`Cannot fetch etcd with apt: this is not Debian, but ${found}`)
  }
  for (const command of ['apt-get', 'apt-cache', 'apt-config', 'dpkg']) {
    if (findOnPath(command) === undefined) {
      throw new Error(`Cannot fetch etcd with apt: no ${command} on PATH`)
    }
  }
}

function readDistribution(): string | undefined {
  try {
    return parseDistribution(readFileSync('/etc/os-release', 'utf8'))
  } catch {
    return undefined
  }
}

/**
 * The address of Debian's main archive in apt's sources, whatever mirror that is. Works without `apt-get update`
 * ever having run. Throws when apt has no source that looks like it; whether it is the archive is for the
 * signature to prove.
 */
export async function findDebianMirror(): Promise<string> {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT)'
  const args = ['indextargets', '--format', format, 'Created-By: Packages']
  const { stdout } = await runCommand('apt-get', args)
  const mirror = chooseMirror(parseSources(stdout))
  if (mirror === undefined) {
    throw new Error(`Cannot find Debian's main archive in apt's sources: they are\n${stdout}`)
  }
  return mirror
}

function parseSources(text: string): AptSource[] {
  return text.split('\n').flatMap((line) => {
    const [uri, suite, component] = line.trim().split(' ')
    return uri && suite && component ? [{ uri, suite, component }] : []
  })
}

/**
 * The main archive's address among apt's sources: component `main`, no updates or security suite, and rather an
 * address that ends in `/debian/` (other vendors serve a `main` for Debian's code names, too).
 */
export function chooseMirror(sources: readonly AptSource[]): string | undefined {
  const whole = sources.filter(
    ({ uri, suite, component }) =>
      component === 'main' && !uri.startsWith('cdrom:') && /^[a-z]+$/.test(suite),
  )
  const best = whole.toSorted((a, b) => mirrorRank(a.uri) - mirrorRank(b.uri))[0]
  return best?.uri
}

function mirrorRank(uri: string): number {
  if (/\/debian\/?$/.test(uri)) return 0
  return /\/debian\b(?!-)/.test(uri) ? 1 : 2
}
