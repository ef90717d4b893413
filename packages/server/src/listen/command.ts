// The command `etcdkit-server`: listens, says so, and stops when told to.

import { readFileSync } from 'node:fs'
import { serverVersion } from '../v3/version.ts'
import { type CommandLine, isOn, optionsOf, readCommandLine, UsageError } from './command-line.ts'
import { EtcdServer } from './etcd-server.ts'
import { describeFlags } from './flags.ts'
import type { ListenOptions, ServerTlsOptions } from './options.ts'

/** What the command has of the world. */
export interface CommandWorld {
  /** Without the program itself. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** Resolves when the command is to stop. */
  readonly stopped: Promise<void>
}

const usageCode = 2

/** Runs it; resolves with the exit code: 2 for a command line that cannot be followed, 1 for a server that cannot start. */
export async function runCommand(world: CommandWorld): Promise<number> {
  try {
    const { values, notes } = readCommandLine(world.args, world.env)
    if (isOn(values, 'help')) return say(world, describeFlags())
    if (isOn(values, 'version')) return say(world, describeVersion())
    if (values['log-level'] !== 'error') {
      for (const note of notes) world.err(`etcdkit-server: ${note}\n`)
    }
    await serve(world, listenOptionsOf(values))
    return 0
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    world.err(`etcdkit-server: ${message}\n`)
    if (!(error instanceof UsageError)) return 1
    world.err('etcdkit-server: see --help\n')
    return usageCode
  }
}

async function serve(world: CommandWorld, options: ListenOptions): Promise<void> {
  await using server = await EtcdServer.listen(options)
  world.err(`etcdkit-server: ready, version ${server.version}, at ${server.endpoints.join(',')}\n`)
  await world.stopped
}

function listenOptionsOf(values: CommandLine['values']): ListenOptions {
  const urls = (values['listen-client-urls'] ?? 'http://localhost:2379').split(',')
  return { ...optionsOf(values), urls: urls.map((url) => url.trim()), tls: tlsOf(values) }
}

function tlsOf(values: CommandLine['values']): ServerTlsOptions | undefined {
  const { 'cert-file': certFile, 'key-file': keyFile, 'trusted-ca-file': caFile } = values
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError('--cert-file and --key-file go together')
  }
  return {
    cert: readFileSync(certFile),
    key: readFileSync(keyFile),
    ca: caFile === undefined ? undefined : readFileSync(caFile),
    clientCertAuth: isOn(values, 'client-cert-auth'),
  }
}

function say(world: CommandWorld, text: string): number {
  world.out(text)
  return 0
}

/** In etcd's form first, for those who look for it. */
function describeVersion(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  // The package's own.
  const { version } = JSON.parse(file) as { readonly version: string }
  return `etcd Version: ${serverVersion}\netcdkit-server Version: ${version}\n`
}
