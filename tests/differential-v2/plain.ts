// Answers as they are compared and shown: without what differs from server to server and from moment to moment.

import type { V2Answer } from '../support/v2-http.ts'

/** An answer as it is compared. */
export interface PlainAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Headers whose values are compared. Of the others it counts whether they are there. */
const compared = ['content-type', 'x-etcd-index', 'allow', 'location', 'x-content-type-options']
const present = ['x-etcd-cluster-id', 'x-raft-index', 'x-raft-term', 'access-control-allow-origin']

/** An answer as it is compared. `isSorted`: the order of children counts. */
export function plainAnswer({ status, headers, body }: V2Answer, isSorted: boolean): PlainAnswer {
  return { status, headers: plainHeaders(headers), body: plainBody(body, isSorted) }
}

/** The headers that matter. */
export function plainHeaders(headers: V2Answer['headers']): Readonly<Record<string, string>> {
  const values = compared.map((name) => [name, headers[name]])
  const flags = present.map((name) => [name, headers[name] === undefined ? undefined : 'given'])
  const told = [...values, ...flags].filter(([, value]) => value !== undefined)
  return Object.fromEntries(told)
}

/** A body without times, and with children in an order where they have none. */
export function plainBody(body: string, isSorted = false): string {
  const timeless = body
    .replace(/"expiration":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"/g, '"expiration":"T"')
    .replace(/"ttl":(\d+)/g, (_, ttl: string) => `"ttl":${roundTtl(Number(ttl))}`)
  return isSorted || !timeless.includes('"nodes":') ? timeless : sortNodes(timeless)
}

/** Sequences take far less than the times to live in them are apart. */
function roundTtl(seconds: number): number {
  return Math.round(seconds / 100) * 100
}

function sortNodes(body: string): string {
  return `${JSON.stringify(sorted(JSON.parse(body)))}\n`
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    return value.map(sorted).sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  }
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, sorted(each)]))
}

function keyOf(node: unknown): string {
  const { key } = node as { readonly key?: unknown }
  return String(key)
}
