// Messages as they are compared and shown: without what differs from server to server, revisions told from the start of
// the sequence, and nothing that is at its default.

import { leaseIds } from '../arbitraries/basics.ts'

/** A value as it is compared. */
export type Plain =
  | string
  | number
  | boolean
  | readonly Plain[]
  | { readonly [name: string]: Plain }

/** The remaining time of a lease may be that much less than what was granted: a slow machine is no difference. */
const ttlSlackSeconds = 30

/** Whether a field of this name holds a revision. */
export function isRevisionName(name: string): boolean {
  return /revision$/i.test(name) || name === 'rev'
}

/** A revision from the start of the sequence: `base + 3`. */
export function describeRevision(revision: number, base: number): string {
  if (revision <= 0) return String(revision)
  const offset = revision - base
  if (offset === 0) return 'base'
  return offset > 0 ? `base + ${offset}` : `base - ${-offset}`
}

/** Bytes as text if that is readable, else in hexadecimal. */
export function describeBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1')
  return /^[ -~]*$/.test(text) ? text : `0x${Buffer.from(bytes).toString('hex')}`
}

/** A message as it is compared. */
export function plain(message: object, base: number): Readonly<Record<string, Plain>> {
  const fields: [string, Plain][] = []
  for (const [name, value] of Object.entries(message)) {
    const told = plainField(message, name, value, base)
    if (told !== undefined) fields.push([name, told])
  }
  return Object.fromEntries(fields)
}

/** Of what a member says of itself, what every member says. */
const alikeInStatus: readonly string[] = ['header', 'errors', 'isLearner']

function plainField(
  message: object,
  name: string,
  value: unknown,
  base: number,
): Plain | undefined {
  if (isDefault(value)) return undefined
  if ('dbSizeInUse' in message && !alikeInStatus.includes(name)) return undefined
  if (name === 'token' || name.endsWith('URLs')) return 'given'
  if (name === 'clusterId' || name === 'memberId' || name === 'raftTerm') return 'given'
  if (name === 'ID') return isKnownLease(String(value)) ? String(value) : 'chosen'
  if (name === 'TTL' && 'grantedTTL' in message) return describeTtl(value, message.grantedTTL)
  // The keys of a lease, which come in no order.
  if (name === 'keys' && Array.isArray(value)) return value.map(describeBytes).toSorted()
  // Alarms, in a list of their own or in a member's status, come in no order either.
  if ((name === 'alarms' || name === 'errors') && Array.isArray(value)) {
    return value.map((each) => plainValue(each, base)).toSorted(byText)
  }
  if (typeof value === 'number' && isRevisionName(name)) return describeRevision(value, base)
  return plainValue(value, base)
}

function byText(one: Plain, other: Plain): number {
  return JSON.stringify(one) < JSON.stringify(other) ? -1 : 1
}

function plainValue(value: unknown, base: number): Plain {
  if (value instanceof Uint8Array) return describeBytes(value)
  if (Array.isArray(value)) return value.map((each) => plainValue(each, base))
  if (typeof value === 'object' && value !== null) return plain(value, base)
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value
  }
  throw new TypeError(`cannot compare ${String(value)}`)
}

/** What a message without the field would say. An empty message within one says that it is there. */
function isDefault(value: unknown): boolean {
  if (value instanceof Uint8Array || Array.isArray(value)) return value.length === 0
  return value === undefined || value === 0 || value === '0' || value === '' || value === false
}

function isKnownLease(id: string): boolean {
  return id === '404' || leaseIds.includes(id)
}

function describeTtl(ttl: unknown, granted: unknown): Plain {
  if (typeof ttl !== 'number' || typeof granted !== 'number') return String(ttl)
  const isFresh = ttl <= granted && ttl >= granted - ttlSlackSeconds
  return isFresh ? 'about all of it' : ttl
}
