// The time a client gives a call.

import { statusNumbers } from '@etcdkit/protocol'
import { StatusError } from '../status.ts'

const unitMs: Readonly<Record<string, number>> = {
  n: 1e-6,
  u: 1e-3,
  m: 1,
  S: 1000,
  M: 60_000,
  H: 3_600_000,
}

/** Milliseconds in a `grpc-timeout` header; `undefined` for what is none. Source: gRPC `doc/PROTOCOL-HTTP2.md`. */
export function parseTimeoutMs(text: string): number | undefined {
  const parts = /^(\d{1,8})([numSMH])$/.exec(text)
  const unit = unitMs[parts?.[2] ?? '']
  return unit === undefined ? undefined : Number(parts?.[1]) * unit
}

/** What a call ends with whose time is up. (grpc-go may reset the stream before it gets to say so.) */
export const timeIsUp: StatusError = new StatusError({
  status: statusNumbers['deadline-exceeded'],
  message: 'context deadline exceeded',
})

/** Calls `expire` when the time in `text`, if any, is up; the answer calls that off. */
export function startTimeout(text: string, expire: () => void): () => void {
  const timeoutMs = parseTimeoutMs(text)
  if (timeoutMs === undefined || timeoutMs > longestTimerMs) return () => {}
  const timer = setTimeout(expire, timeoutMs)
  return () => clearTimeout(timer)
}

const longestTimerMs = 2 ** 31 - 1
