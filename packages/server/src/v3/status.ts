// The status a call ends with, and the errors that carry one.

import {
  EtcdError,
  type EtcdErrorCode,
  errorFromStatus,
  statusName,
  statusNumbers,
  statusOf,
} from '@etcdkit/protocol'

/** How a call ended: gRPC's number, and words. */
export interface CallStatus {
  readonly status: number
  readonly message: string
}

/** All went well. */
export const ok: CallStatus = { status: 0, message: '' }

/** An error with a status of its own, where the code's own words do not do. */
export class StatusError extends EtcdError {
  readonly status: CallStatus

  constructor(status: CallStatus) {
    super(status.message, { code: errorFromStatus(status.status, status.message).code })
    this.status = status
  }
}

/** The error for `code`, in etcd's words or in others. */
export function refusal(code: EtcdErrorCode, message?: string): EtcdError {
  const status = statusOf(code)
  return new StatusError(message === undefined ? status : { status: status.status, message })
}

/** What a server says of `error`. */
export function statusOfError(error: unknown): CallStatus {
  if (error instanceof StatusError) return error.status
  if (error instanceof EtcdError) return statusOf(error.code)
  const message = error instanceof Error ? error.message : String(error)
  return { status: statusNumbers.internal, message }
}

/** A status as Go prints it as an error: what etcd gives as the reason of a watch that it refuses. */
export function describeAsGo({ status, message }: CallStatus): string {
  const name = statusName(status).replace(/(?:^|-)([a-z])/g, (_, letter: string) =>
    letter.toUpperCase(),
  )
  return `rpc error: code = ${name} desc = ${message}`
}
