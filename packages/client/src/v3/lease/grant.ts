// Makes leases, and never one too many.

import { EtcdError, Lease as LeaseService } from '@etcdkit/protocol'
import { onAbort } from '../abort.ts'
import { failure, inputFailure } from '../failure.ts'
import { Attempts } from './attempts.ts'
import type { LeaseContext } from './lease-context.ts'
import { assertLeaseOptions, type LeaseGrant, type LeaseOptions } from './lease-options.ts'

/** A lease, and since when it lives at the latest. */
export interface Granted extends LeaseGrant {
  /** When the request was sent: the server cannot have begun to count before. */
  readonly sentAt: number
}

/** How many random ids are tried. */
const maxIds = 4

/**
 * Makes a lease, whose id is chosen here: 63 random bits, unless the caller has one. Answers what `use` makes of it.
 *
 * When an answer is lost, nobody knows whether the lease was made. Asking for the same id again finds out: then
 * "lease already exists" means that it was, and that it is ours. On a first attempt it means that the id is taken:
 * another random one is tried. With an id of the caller's, which others may use as well, a repeated attempt cannot
 * tell whose it is: it rejects with `lease-exists` and the outcome `unknown`.
 *
 * An abort is not passed on to the server: what was asked for is awaited, and what was made is revoked. So it is when
 * the client is closed in a way that revokes leases.
 */
export function grantLease<T>(
  context: LeaseContext,
  options: LeaseOptions,
  use: (granted: Granted) => T,
): Promise<T> {
  const action = 'grant a lease'
  try {
    assertLeaseOptions(options)
  } catch (error) {
    return Promise.reject(inputFailure(action, error))
  }
  const { signal, ...withoutSignal } = options
  const signals = [context.grants.abandoned, ...(signal === undefined ? [] : [signal])]
  const over = signals.find(({ aborted }) => aborted)
  if (over !== undefined) return Promise.reject(over.reason)
  const granted = grant(context, withoutSignal).catch((error) => {
    throw failure(action, error)
  })
  return abandonable(context, signals, { granted, use })
}

/** Revokes a lease that nobody will use. If that fails, it ends by itself. */
function revokeQuietly({ transport, grants }: LeaseContext, id: string): void {
  grants.add(transport.unary(LeaseService.leaseRevoke, { ID: id }).catch(() => undefined))
}

// Whoever asked has the lease in the same moment in which it can no longer be abandoned.
function abandonable<T>(
  context: LeaseContext,
  signals: readonly AbortSignal[],
  { granted, use }: { readonly granted: Promise<Granted>; readonly use: (granted: Granted) => T },
): Promise<T> {
  return new Promise((resolve, reject) => {
    let isAbandoned = false
    const forgets = signals.map((signal) =>
      onAbort(signal, () => {
        isAbandoned = true
        reject(signal.reason)
      }),
    )
    const settled = granted.then((lease) => {
      if (isAbandoned) revokeQuietly(context, lease.id)
      else resolve(use(lease))
    }, reject)
    const over = (): void => {
      for (const forget of forgets) forget()
    }
    context.grants.add(settled.finally(over))
  })
}

async function grant(context: LeaseContext, options: LeaseOptions): Promise<Granted> {
  const attempts = new Attempts(context, options)
  for (let tried = 1; ; tried++) {
    const id = options.id ?? randomId()
    const sentAt = context.clock.now()
    try {
      const request = { TTL: options.ttlSeconds, ID: id }
      const { ID, TTL } = await attempts.send(LeaseService.leaseGrant, request)
      return { id: ID, ttlSeconds: TTL, sentAt: attempts.lostAt ?? sentAt }
    } catch (error) {
      if (options.id !== undefined) throw knownToExist(error, attempts)
      const granted = await settleFailure(context, attempts, id, error, tried === maxIds)
      if (granted !== undefined) return granted
    }
  }
}

/** The lease with a random id that a failed attempt made; nothing if another id is to be tried; or throws. */
async function settleFailure(
  context: LeaseContext,
  attempts: Attempts,
  id: string,
  error: unknown,
  isLast: boolean,
): Promise<Granted | undefined> {
  const { lostAt } = attempts
  const exists = error instanceof EtcdError && error.code === 'lease-exists'
  if (!exists) {
    // It may have been made all the same.
    if (lostAt !== undefined) revokeQuietly(context, id)
    throw error
  }
  if (lostAt !== undefined) {
    const { ID, TTL, grantedTTL } = await attempts.send(LeaseService.leaseTimeToLive, { ID: id })
    if (TTL >= 0) return { id: ID, ttlSeconds: grantedTTL, sentAt: lostAt }
    attempts.forget()
  }
  if (isLast) throw error
  return undefined
}

function knownToExist(error: unknown, { lostAt }: Attempts): unknown {
  const exists = error instanceof EtcdError && error.code === 'lease-exists'
  if (!exists || lostAt === undefined) return error
  const { code, endpoint } = error
  const message = `${error.message}, perhaps from an attempt whose answer was lost`
  return new EtcdError(message, { code, endpoint, outcome: 'unknown', cause: error })
}

/** A random positive id of 63 bits, as a decimal string. */
function randomId(): string {
  const [word = 0n] = globalThis.crypto.getRandomValues(new BigUint64Array(1))
  const id = BigInt.asUintN(63, word)
  return id === 0n ? randomId() : id.toString()
}
