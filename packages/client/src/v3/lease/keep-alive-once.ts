// Renews a lease once.

import { EtcdError, type LeaseKeepAliveResponse, Lease as LeaseService } from '@etcdkit/protocol'
import { Backoff } from '../backoff.ts'
import { isTokenRefusal, isTransient } from '../failure.ts'
import type { ReadOptions } from '../options.ts'
import { TokenRefusals } from '../token-refusals.ts'
import type { Granted } from './grant.ts'
import { Deadline, type LeaseContext } from './lease-context.ts'

/** Renews a lease on a stream of its own. Rejects with `lease-not-found` if there is no such lease. */
export async function renewOnce(
  context: LeaseContext,
  id: string,
  options: ReadOptions,
): Promise<Granted> {
  const { clock } = context
  const deadline = new Deadline(clock, options.timeoutMs ?? context.timeoutMs)
  const backoff = new Backoff()
  const refusals = new TokenRefusals()
  for (;;) {
    const sentAt = clock.now()
    try {
      const { TTL } = await renew(context, id, options, Math.max(1, deadline.leftMs))
      if (TTL > 0) return { id, ttlSeconds: TTL, sentAt }
      throw new EtcdError('requested lease not found', { code: 'lease-not-found' })
    } catch (error) {
      const pauseMs = isTokenRefusal(error)
        ? renewToken(context) && refusals.next()
        : isTransient(error) && backoff.next()
      if (pauseMs === false || pauseMs === undefined || deadline.leftMs <= 0) throw error
      await deadline.pause(pauseMs, options.signal)
    }
  }
}

function renewToken({ transport }: LeaseContext): boolean {
  return transport.renewToken?.() ?? false
}

async function renew(
  { transport }: LeaseContext,
  id: string,
  options: ReadOptions,
  timeoutMs: number,
): Promise<LeaseKeepAliveResponse> {
  const { signal, headers, endpoint, requireLeader = true } = options
  const call = { signal, headers, endpoint, requireLeader, timeoutMs }
  const stream = transport.stream(LeaseService.leaseKeepAlive, call)
  stream.send({ ID: id })
  stream.end()
  for await (const response of stream) return response
  throw new EtcdError('the server ended the stream', { code: 'unavailable' })
}
