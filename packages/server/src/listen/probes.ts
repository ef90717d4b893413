// Whether the server is well: `/health`, `/livez`, `/readyz`.

import { AlarmType } from '@etcdkit/protocol'
import { type Answer, errorHeaders, textHeaders } from '../http/answer.ts'
import type { ServiceCore } from '../v3/service-core.ts'

/** `/health`. Alarms make it ill, but for those excluded. Source: etcd `etcdhttp/health.go`, newHealthHandler. */
export function healthAnswer(core: ServiceCore, query: URLSearchParams): Answer {
  const excluded = query.getAll('exclude')
  const alarm = activeAlarms(core).find((name) => !excluded.includes(name))
  if (alarm === undefined) {
    return { status: 200, headers: textHeaders, body: '{"health":"true","reason":""}' }
  }
  const body = `${JSON.stringify({ health: 'false', reason: `ALARM ${alarm}` })}\n`
  return { status: 503, headers: errorHeaders, body }
}

interface Check {
  readonly name: string
  /** What is wrong, if something is. */
  readonly failure: (core: ServiceCore) => string | undefined
}

const fine = (): undefined => undefined

const serializableRead: Check = { name: 'serializable_read', failure: fine }

const dataCorruption: Check = {
  name: 'data_corruption',
  failure: (core) =>
    activeAlarms(core).includes('CORRUPT') ? 'alarm activated: CORRUPT' : undefined,
}

const probes: Readonly<Record<string, readonly Check[]>> = {
  livez: [serializableRead],
  readyz: [
    dataCorruption,
    serializableRead,
    { name: 'linearizable_read', failure: fine },
    { name: 'non_learner', failure: fine },
  ],
}

/** `/livez` and `/readyz`, or one of their checks below them. `undefined` for one that there is not. */
export function probeAnswer(
  core: ServiceCore,
  path: string,
  query: URLSearchParams,
): Answer | undefined {
  const [, probe = '', name] = path.split('/')
  const all = probes[probe] ?? []
  const checks = name === undefined ? all : all.filter((check) => check.name === name)
  if (checks.length === 0) return undefined
  const excluded = query.getAll('exclude')
  const results = checks
    .filter((check) => !excluded.includes(check.name))
    .map((check) => ({ name: check.name, failure: check.failure(core) }))
  return describeResults(results, query.has('verbose'))
}

interface Result {
  readonly name: string
  readonly failure: string | undefined
}

function describeResults(results: readonly Result[], verbose: boolean): Answer {
  const lines = results.map(({ name, failure }) =>
    failure === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${failure}\n`,
  )
  const ok = results.every(({ failure }) => failure === undefined)
  const body = `${verbose ? lines.join('') : ''}ok\n`
  if (ok) return { status: 200, headers: errorHeaders, body }
  return { status: 503, headers: errorHeaders, body: `${lines.join('')}\n` }
}

function activeAlarms({ store }: ServiceCore): string[] {
  const named = Object.entries(AlarmType)
  return store.alarms.map(({ alarm }) => named.find(([, number]) => number === alarm)?.[0] ?? '')
}
