// What a call in the same process rejects with: what the same call over gRPC would.

import {
  CompactedError,
  EtcdError,
  type EtcdErrorCode,
  errorFromStatus,
  type Method,
} from '@etcdkit/protocol'
import type { ResetCode } from '../fault.ts'
import type { CallStatus } from '../status.ts'

/** The server answered with a status other than OK. */
export function statusError(method: Method, status: CallStatus): EtcdError {
  const { code, applied } = errorFromStatus(status.status, status.message)
  const outcome = outcomeOf(method, applied === 'no')
  const text = status.message.replace(/^etcdserver: (?:mvcc: )?/, '')
  const message = text === '' ? `the server answered with gRPC status ${status.status}` : text
  return code === 'compacted'
    ? new CompactedError(message, { outcome })
    : new EtcdError(message, { code, outcome })
}

/** How a call can end without a status. */
export type Breakage = 'closed' | 'unconnected' | 'stopped' | 'cut' | ResetCode

/** The call ended without a status. `sent`: whether it may have been applied. */
export function brokenError(method: Method, breakage: Breakage, sent: boolean): EtcdError {
  const { code, message } = breakages[breakage]
  const surelyNot = !sent || breakage === 'refused-stream'
  return new EtcdError(message, { code, outcome: outcomeOf(method, surelyNot) })
}

/** No answer came in time. */
export function expiredError(method: Method, timeoutMs: number): EtcdError {
  return new EtcdError(`no answer from the server within ${timeoutMs} ms`, {
    code: 'deadline-exceeded',
    outcome: outcomeOf(method, false),
  })
}

interface BreakageRow {
  readonly code: EtcdErrorCode
  readonly message: string
}

const breakages: Readonly<Record<Breakage, BreakageRow>> = {
  closed: { code: 'closed', message: 'the transport is closed' },
  unconnected: { code: 'connection-failed', message: 'the server refuses connections' },
  stopped: { code: 'connection-failed', message: 'the server is closed' },
  cut: { code: 'connection-lost', message: 'the connection was cut' },
  'no-error': reset('internal', 'no-error'),
  'internal-error': reset('internal', 'internal-error'),
  'refused-stream': reset('unavailable', 'refused-stream'),
  cancel: reset('canceled', 'cancel'),
  'enhance-your-calm': reset('resource-exhausted', 'enhance-your-calm'),
}

function reset(code: EtcdErrorCode, name: ResetCode): BreakageRow {
  return { code, message: `the server reset the stream: ${name}` }
}

/** Reads have none: whether they were processed makes no difference. */
function outcomeOf(method: Method, surelyNot: boolean): 'not-applied' | 'unknown' | undefined {
  if (method.retry === 'repeatable') return undefined
  return surelyNot ? 'not-applied' : 'unknown'
}
