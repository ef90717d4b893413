// One suite of a Debian archive through apt-get, with settings, lists and cache in a folder of its own: nothing on
// the machine is read but the proxy settings and the keyring, nothing is written, and no root is needed.

import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { type CommandOutput, runCommand } from './command.ts'

/** Where a suite comes from and who must have signed it. */
export interface AptSuiteOptions {
  readonly mirror: string
  readonly suite: string
  /** A keyring file for `signed-by`; without one, the keys apt trusts for every source. */
  readonly keyring: string | undefined
  /** The folder for apt's state; made when it is not there. */
  readonly folder: string
}

/** An up-to-date suite to ask and to download from. */
export interface AptSuite {
  readonly suite: string
  /** The package's newest version, or undefined when the suite does not have it. */
  versionOf(packageName: string): Promise<string | undefined>
  /** The names of the packages this one depends on directly; of alternatives, the first. */
  dependenciesOf(packageName: string): Promise<string[]>
  /** Downloads packages into a new folder and resolves with the paths of the `.deb` files. */
  download(packageNames: readonly string[], folder: string): Promise<string[]>
}

/** Fetches the suite's lists. Rejects when the archive cannot be reached or its signature does not hold. */
export async function openAptSuite(options: AptSuiteOptions): Promise<AptSuite> {
  const { suite, folder } = options
  const config = await writeAptConfig(options)
  const apt = (command: string, args: readonly string[], cwd = folder): Promise<CommandOutput> =>
    runCommand(command, args, { cwd, env: { APT_CONFIG: config } })

  await apt('apt-get', ['update']).catch((error: Error) => {
    throw new Error(`Cannot open Debian ${suite}: ${complaints(error.message)}`, { cause: error })
  })
  return {
    suite,
    async versionOf(packageName) {
      const { stdout } = await apt('apt-cache', ['policy', packageName])
      const version = /^ {2}Candidate: (.*)$/m.exec(stdout)?.[1]
      return version === '(none)' ? undefined : version
    },
    async dependenciesOf(packageName) {
      const { stdout } = await apt('apt-cache', ['show', '--no-all-versions', packageName])
      return parseDependencies(stdout)
    },
    async download(packageNames, into) {
      await mkdir(into, { recursive: true })
      await apt('apt-get', ['download', ...packageNames], into)
      const files = await readdir(into)
      return files.filter((file) => file.endsWith('.deb')).map((file) => join(into, file))
    },
  }
}

/** What apt complained about, without the lines about its progress. */
function complaints(message: string): string {
  const lines = message.split('\n').filter((line) => /^(E|W|Err):| {2}/.test(line))
  return lines.length === 0 ? message : lines.join('\n')
}

/** The package names in the Depends field of a package's record, without versions; of alternatives, the first. */
export function parseDependencies(record: string): string[] {
  const field = /^Depends: (.*)$/m.exec(record)?.[1] ?? ''
  const names = field.split(',').flatMap((part) => /^\s*([^\s|(:]+)/.exec(part)?.[1] ?? [])
  return [...new Set(names)]
}

async function writeAptConfig(options: AptSuiteOptions): Promise<string> {
  const { mirror, suite, keyring, folder } = options
  for (const name of ['state/lists/partial', 'cache/archives/partial']) {
    await mkdir(join(folder, name), { recursive: true })
  }
  const signedBy = keyring === undefined ? '' : ` signed-by=${keyring}`
  const source = `deb [target=Packages${signedBy}] ${mirror} ${suite} main\n`
  await writeFile(join(folder, 'sources.list'), source)
  await writeFile(join(folder, 'status'), '')
  const config = join(folder, 'apt.conf')
  await writeFile(config, `${await readAcquireSettings()}\n${ownSettings(folder)}\n`)
  return config
}

/** The machine's own settings for reaching archives: proxies, timeouts, certificates. */
async function readAcquireSettings(): Promise<string> {
  const { stdout } = await runCommand('apt-config', ['dump'])
  const lines = stdout.split('\n').filter((line) => line.startsWith('Acquire::'))
  return lines.filter((line) => !line.startsWith('Acquire::IndexTargets')).join('\n')
}

// `Dir::Etc::parts` and `main` are off, as hooks of the machine (`APT::Update::Post-Invoke`) would write to it.
function ownSettings(folder: string): string {
  const settings: Readonly<Record<string, string>> = {
    'Dir::State': join(folder, 'state'),
    'Dir::State::status': join(folder, 'status'),
    'Dir::Cache': join(folder, 'cache'),
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': '/dev/null',
    'Dir::Etc::parts': '/dev/null',
    'Dir::Etc::main': '/dev/null',
    'APT::Sandbox::User': userInfo().username,
    'APT::Update::Error-Mode': 'any',
    'APT::Get::AllowUnauthenticated': 'false',
    'Acquire::AllowInsecureRepositories': 'false',
    'Acquire::AllowWeakRepositories': 'false',
    'Acquire::Languages': 'none',
    'Acquire::Retries': '1',
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";`)
    .join('\n')
}
