// How behaviour suites declare themselves: one body, run on every kind of server, each started once for the file.

import { after, afterEach, before, describe, it } from 'node:test'
import type { EtcdVersion } from './etcd-binary.ts'
import { findNginx, missingNginxReason } from './nginx-binary.ts'
import {
  type Availability,
  type BehaviourServer,
  etcdAvailability,
  type ServerKind,
  type ServerOptions,
  serverKinds,
} from './server-kinds.ts'
import { reportSuite, requireEtcdVariable } from './suite-report.ts'

/** What a suite asks of its servers. */
export interface SuiteOptions extends ServerOptions {
  /** Runs only on the kinds of these names: `['etcd 3.5']`. Default: on all that run this suite. */
  readonly only?: readonly string[]
}

/** The server a suite runs on. Its properties can be read from the first hook or test on, not while declaring. */
export interface SuiteServer extends Omit<BehaviourServer, keyof AsyncDisposable> {
  /** The kind's name: `etcd 3.5`. */
  readonly kind: string
  /** The running server itself, for what only its kind can do. */
  readonly running: BehaviourServer
}

/**
 * Declares a suite on every kind of server: each is started before the suite's first test and disposed after its
 * last. Call it once in a file; tests keep apart by `uniquePrefix()`. A kind that is missing here is left out and
 * reported, or fails when `ETCDKIT_REQUIRE_ETCD` is 1.
 *
 * @example
 * ```ts
 * forEachServer('kv', (server) => {
 *   it('etcd.put writes a key', async () => {
 *     await using etcd = server.connect()
 *     await etcd.put(`${uniquePrefix()}a`, '1')
 *   })
 * })
 * ```
 */
export function forEachServer(
  suite: string,
  declare: (server: SuiteServer) => void,
  options: SuiteOptions = {},
): void {
  const { only, ...serverOptions } = options
  for (const kind of serverKinds) {
    if (only ? !only.includes(kind.name) : kind.suites?.has(suite) === false) continue
    const requirement = { name: kind.name, availability: kind.availability(serverOptions) }
    describeWith(requirement, suite, () => declare(declareServer(kind, serverOptions)))
  }
}

/** Something of the machine's that a suite cannot do without. */
export interface Requirement {
  /** Its name in the suite's name and in the summary. */
  readonly name: string
  readonly availability: Availability
}

/** For suites that start etcd of one version themselves. */
export function etcdRequirement(version: EtcdVersion): Requirement {
  return { name: `etcd ${version}`, availability: etcdAvailability(version) }
}

/** For suites that go through nginx. */
export function nginxRequirement(): Requirement {
  const availability: Availability = findNginx()
    ? { state: 'available', version: 'proxy' }
    : { state: 'missing', reason: missingNginxReason }
  return { name: 'nginx', availability }
}

/** Declares a suite that runs only where a requirement is met, and is left out and reported elsewhere. */
export function describeWith(requirement: Requirement, suite: string, declare: () => void): void {
  const { name, availability } = requirement
  if (availability.state === 'available') {
    describe(`${suite} on ${name}`, () => {
      before(() => reportSuite({ suite, server: name, version: availability.version }))
      declare()
    })
    return
  }
  const { state, reason } = availability
  reportSuite({ suite, server: name, leftOut: reason })
  if (state === 'missing' && process.env[requireEtcdVariable] === '1') {
    it(`${suite} on ${name} must run: ${requireEtcdVariable} is set`, () => {
      throw new Error(`Cannot run "${suite}" on ${name}: ${reason}`)
    })
  }
}

function declareServer(kind: ServerKind, options: ServerOptions): SuiteServer {
  let server: BehaviourServer | undefined
  const running = (): BehaviourServer => {
    if (!server) throw new Error(`Cannot use ${kind.name}: it runs from the first test on`)
    return server
  }
  before(async () => {
    server = await kind.start(options)
  })
  after(async () => {
    await server?.[Symbol.asyncDispose]()
  })
  showLogOnFailure(running)
  return {
    kind: kind.name,
    get running() {
      return running()
    },
    get version() {
      return running().version
    },
    get endpoints() {
      return running().endpoints
    },
    get tls() {
      return running().tls
    },
    get minimumLeaseTtlSeconds() {
      return running().minimumLeaseTtlSeconds
    },
    get log() {
      return running().log
    },
    connect: (options) => running().connect(options),
  }
}

/** Prints what the server logged when the first test fails; after that, mostly the same again. */
function showLogOnFailure(running: () => BehaviourServer): void {
  let shown = false
  afterEach((context) => {
    if (shown || !('passed' in context) || context.passed !== false) return
    shown = true
    process.stderr.write(`Log of the server under the failed test:\n${running().log}\n`)
  })
}
