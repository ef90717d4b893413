// A stream of answers to one request, tried again until its first answer, and never after.

import {
  type CallOptions,
  EtcdError,
  type MessageInit,
  type StreamMethod,
  type Transport,
} from '@etcdkit/protocol'
import { Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { isTokenRefusal, isTransient } from './failure.ts'
import { Deadline } from './lease/lease-context.ts'

/** What a stream goes through. */
export interface ServerStreamContext {
  readonly transport: Transport
  readonly clock: Clock
  /** Milliseconds to have it opened, unless the call has a limit of its own. */
  readonly timeoutMs: number
}

/** What is asked. */
export interface ServerStreamRequest<I extends object, O extends object> {
  readonly method: StreamMethod<I, O>
  readonly message: MessageInit<I>
  readonly options: CallOptions
}

// A token may be outdated by a change of users between its issue and its use, but hardly so often in a row.
const maxTokenRefusals = 3

/**
 * The answers. Until the first, what fails in passing is tried again, on another endpoint if there is one; a stream that
 * breaks off later throws. `options.timeoutMs` is for all of it; without, only the opening has a limit.
 *
 * Source: etcd `client/v3/retry.go`, Snapshot.
 */
export async function* serverStream<I extends object, O extends object>(
  { transport, clock, timeoutMs }: ServerStreamContext,
  { method, message, options }: ServerStreamRequest<I, O>,
): AsyncGenerator<O, void, undefined> {
  const limited = options.timeoutMs !== undefined
  const deadline = new Deadline(clock, options.timeoutMs ?? timeoutMs)
  const backoff = new Backoff()
  let answered = false
  for (let refusals = 0; ; ) {
    const left = limited ? { timeoutMs: Math.max(1, deadline.leftMs) } : {}
    try {
      const stream = transport.stream(method, { ...options, ...left })
      stream.send(message)
      stream.end()
      for await (const answer of stream) {
        answered = true
        yield answer
      }
      return
    } catch (error) {
      if (answered || deadline.leftMs <= 0 || options.signal?.aborted) throw error
      if (isTokenRefusal(error)) {
        if (++refusals > maxTokenRefusals || !renewsToken(transport)) throw error
      } else if (!isTransient(error)) throw error
      await deadline.pause(backoff.next(), options.signal)
    }
  }
}

function renewsToken(transport: Transport): boolean {
  return transport.renewToken?.() === true
}

/** The error of a stream that ended with OK where it should go on. */
export function endedEarly(): EtcdError {
  return new EtcdError('the server ended the stream', { code: 'unavailable' })
}
