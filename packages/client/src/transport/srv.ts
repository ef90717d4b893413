// A cluster found by DNS: SRV records as etcd's own clients look them up (etcd `client/pkg/srv`).

import { EtcdError } from '@etcdkit/protocol'
import type { EndpointSource } from './endpoint-source.ts'

/** What is asked for SRV records. A `Resolver` of `node:dns/promises` is one. */
export interface SrvResolver {
  /** The records of a name. Rejects when there are none. */
  resolveSrv(name: string): Promise<readonly SrvRecord[]>
  /** Gives up what is under way. */
  cancel?(): void
}

/** A record: where a member listens. */
export interface SrvRecord {
  readonly name: string
  readonly port: number
  /** Lower ones come first in the list of endpoints. */
  readonly priority?: number
}

/** How to look up a domain. */
export interface SrvOptions {
  /** What the records are called: `_etcd-client-ssl._tcp` and `_etcd-client._tcp`. Default: `etcd-client`. */
  readonly service?: string | undefined
  /** The name of one cluster of several in the domain: `_etcd-client-<name>._tcp` (etcdctl's `--discovery-srv-name`). */
  readonly name?: string | undefined
  /** `https`: the records of `-ssl` alone; `http`: the others alone. Default: both. */
  readonly scheme?: 'http' | 'https' | undefined
  /** Who is asked. Default: the name servers of the system, for 2 seconds each, twice. */
  readonly resolver?: SrvResolver | undefined
}

const optionNames = new Set(['service', 'name', 'scheme', 'resolver'])
const namePattern = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?\.?$/i

/**
 * The endpoints of a domain by its SRV records: those of `_etcd-client-ssl._tcp` are `https`, those of `_etcd-client._tcp`
 * are `http`. They are looked up at the first call, and again when none of them can be reached. Throws `TypeError` on what
 * is no domain.
 *
 * @example
 * ```ts
 * import { Etcd, srv } from 'etcdkit'
 *
 * await using etcd = new Etcd({ endpoints: srv('example.com', { scheme: 'https' }) })
 * ```
 */
export function srv(domain: string, options: SrvOptions = {}): EndpointSource {
  checkOptions(domain, options)
  const { scheme } = options
  const schemes = scheme === undefined ? (['https', 'http'] as const) : [scheme]
  return {
    name: `the SRV records of ${domain}`,
    async resolve(signal) {
      const resolver = options.resolver ?? systemResolver()
      const cancel = (): void => resolver.cancel?.()
      signal.addEventListener('abort', cancel, { once: true })
      try {
        return await lookUp(resolver, domain, { ...options, schemes })
      } finally {
        signal.removeEventListener('abort', cancel)
      }
    },
  }
}

interface Lookup extends SrvOptions {
  readonly schemes: readonly ('http' | 'https')[]
}

async function lookUp(resolver: SrvResolver, domain: string, lookup: Lookup): Promise<string[]> {
  const names = lookup.schemes.map((scheme) => recordName(domain, scheme, lookup))
  const answers = await Promise.allSettled(names.map((name) => resolver.resolveSrv(name)))
  const endpoints = answers.flatMap((answer, index) =>
    answer.status === 'fulfilled'
      ? sorted(answer.value).map((record) => `${lookup.schemes[index]}://${hostOf(record)}`)
      : [],
  )
  if (endpoints.length > 0) return endpoints
  const failed = answers.find((answer) => answer.status === 'rejected')
  const reason = failed?.reason instanceof Error ? failed.reason.message : 'there are none'
  throw new EtcdError(`cannot look up ${names.join(' or ')}: DNS: ${reason}`, {
    code: 'dns-failed',
    cause: failed?.reason,
  })
}

function recordName(domain: string, scheme: 'http' | 'https', lookup: SrvOptions): string {
  const { service = 'etcd-client', name } = lookup
  const suffix = name === undefined || name === '' ? '' : `-${name}`
  return `_${service}${scheme === 'https' ? '-ssl' : ''}${suffix}._tcp.${domain}`
}

function sorted(records: readonly SrvRecord[]): readonly SrvRecord[] {
  return [...records].sort((a, b) => (a.priority ?? 0) - (b.priority ?? 0))
}

function hostOf({ name, port }: SrvRecord): string {
  return `${name.replace(/\.$/, '')}:${port}`
}

function systemResolver(): SrvResolver {
  const { Resolver } = process.getBuiltinModule('node:dns/promises')
  return new Resolver({ timeout: 2000, tries: 2 })
}

function checkOptions(domain: string, options: SrvOptions): void {
  if (typeof domain !== 'string' || !namePattern.test(domain)) {
    throw new TypeError(`srv takes a domain such as example.com, not ${JSON.stringify(domain)}`)
  }
  for (const name of Object.keys(options)) {
    if (!optionNames.has(name)) throw new TypeError(`srv has no option ${JSON.stringify(name)}`)
  }
  const { scheme, service, name } = options
  if (scheme !== undefined && scheme !== 'http' && scheme !== 'https') {
    throw new TypeError(`srv: scheme is http or https, not ${String(scheme)}`)
  }
  for (const text of [service, name]) {
    if (text !== undefined && (typeof text !== 'string' || /[^a-z0-9_-]/i.test(text))) {
      throw new TypeError(`srv: service and name are labels, not ${JSON.stringify(text)}`)
    }
  }
}
