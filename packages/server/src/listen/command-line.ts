// Reads the command line and the environment of `etcdkit-server`, and turns them into options.

import { parseArgs } from 'node:util'
import type { GatewayErrors } from '../gateway/error-style.ts'
import { flags, type UsedFlag } from './flags.ts'
import type { EtcdServerOptions, ListenOptions } from './options.ts'

/** A command line that cannot be followed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What was asked for. */
export interface CommandLine {
  /** Used flags, from the command line or else the environment. */
  readonly values: Readonly<Partial<Record<UsedFlag, string>>>
  /** What people should know: what was given without effect. */
  readonly notes: readonly string[]
}

/** Reads. Throws `UsageError`. */
export function readCommandLine(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const given = readFlags(args)
  const values: Partial<Record<UsedFlag, string>> = {}
  const notes: string[] = []
  const take = (name: string, value: string, source: string): void => {
    const flag = flags.get(name)
    // The table's used flags are what the type names.
    if (flag?.use === 'used') values[name as UsedFlag] = value
    else notes.push(`${source} has no effect here`)
  }
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('ETCD_') || value === undefined) continue
    const name = variable.slice(5).toLowerCase().replaceAll('_', '-')
    if (!flags.has(name)) notes.push(`${variable} is not known`)
    else if (given[name] === undefined) take(name, value, variable)
    else throw new UsageError(`--${name} and ${variable} are both given`)
  }
  for (const [name, value] of Object.entries(given)) take(name, value, `--${name}`)
  return { values, notes }
}

function readFlags(args: readonly string[]): Record<string, string> {
  const options = Object.fromEntries(
    [...flags.keys()].map((name) => [name, { type: 'string' }] as const),
  )
  try {
    const { values } = parseArgs({ args: args.map(asLongFlag), options, allowPositionals: false })
    // Every option is declared as a string.
    return { ...values } as Record<string, string>
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Go takes one dash for two, and a boolean without a value. */
function asLongFlag(arg: string): string {
  const parts = /^--?([\w-]+)$/.exec(arg)
  const name = parts?.[1] ?? ''
  if (name === 'h') return '--help=true'
  if (flags.get(name)?.isBoolean) return `--${name}=true`
  return /^-\w[\w-]+(?:=|$)/.test(arg) ? `-${arg}` : arg
}

/** Options that flags give. */
export type FlagOptions = EtcdServerOptions &
  Pick<ListenOptions, 'cors' | 'gateway' | 'gatewayErrors' | 'v2'>

/** The options in used flags that need no file to be read. Throws `UsageError`. */
export function optionsOf(values: CommandLine['values']): FlagOptions {
  const interval =
    values['watch-progress-notify-interval'] ??
    values['experimental-watch-progress-notify-interval']
  const quota = readNumber(values, 'quota-backend-bytes')
  assertSimpleTokens(values)
  return {
    name: values.name,
    clusterToken: values['initial-cluster-token'],
    advertiseClientUrls: values['advertise-client-urls']?.split(','),
    maxTxnOps: readNumber(values, 'max-txn-ops'),
    maxRequestBytes: readNumber(values, 'max-request-bytes'),
    quotaBytes: quota === 0 ? undefined : quota,
    authTokenTtlSeconds: readTokenTtl(values),
    watchProgressMs: interval === undefined ? undefined : readDurationMs(interval),
    cors: values.cors?.split(',').map((origin) => origin.trim()),
    gateway: isOn({ 'enable-grpc-gateway': 'true', ...values }, 'enable-grpc-gateway'),
    v2: isOn(values, 'enable-v2'),
    gatewayErrors: readGatewayErrors(values['gateway-errors']),
  }
}

function readGatewayErrors(value: string | undefined): GatewayErrors | undefined {
  if (value === undefined || value === 'v1' || value === 'v2') return value
  throw new UsageError(`--gateway-errors is ${JSON.stringify(value)}: not v1 or v2`)
}

/** Throws `UsageError` on a kind of token that there is not. */
function assertSimpleTokens(values: CommandLine['values']): void {
  const { 'auth-token': kind = 'simple' } = values
  if (kind === 'simple') return
  const fact = kind.split(',')[0] === 'jwt' ? 'there are simple tokens only' : 'not simple'
  throw new UsageError(`--auth-token is ${JSON.stringify(kind)}: ${fact}`)
}

/** As in etcd, what is not above 0 is the default. */
function readTokenTtl(values: CommandLine['values']): number | undefined {
  const seconds = readNumber(values, 'auth-token-ttl')
  return seconds !== undefined && seconds > 0 ? seconds : undefined
}

/** Whether a boolean flag is on. Throws `UsageError`. */
export function isOn(values: CommandLine['values'], name: UsedFlag): boolean {
  const value = values[name] ?? 'false'
  if (/^(?:1|t|true)$/i.test(value)) return true
  if (/^(?:0|f|false)$/i.test(value)) return false
  throw new UsageError(`--${name} is ${JSON.stringify(value)}: not true or false`)
}

function readNumber(values: CommandLine['values'], name: UsedFlag): number | undefined {
  const value = values[name]
  if (value === undefined) return undefined
  const number = Number(value)
  if (/^-?\d+$/.test(value) && Number.isSafeInteger(number)) return number
  throw new UsageError(`--${name} is ${JSON.stringify(value)}: not a number`)
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration as Go writes it: `1h30m`, `1.5s`, `100ms`. */
function readDurationMs(value: string): number {
  const parts = [...value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== value) {
    throw new UsageError(`${JSON.stringify(value)} is not a duration such as 10m or 100ms`)
  }
  return parts.reduce(
    (sum, [, number, unit]) => sum + Number(number) * (unitMs[unit ?? ''] ?? 0),
    0,
  )
}
