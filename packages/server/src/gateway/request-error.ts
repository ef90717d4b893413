// What is wrong with a request before a service sees it.

import { statusNumbers } from '@etcdkit/protocol'
import { StatusError } from '../v3/status.ts'

/** A request that cannot be read. */
export function wrongRequest(message: string): StatusError {
  return new StatusError({ status: statusNumbers['invalid-argument'], message })
}

/** A request larger than the server takes, in gRPC's words. */
export function tooLarge(bytes: number, maxBytes: number): StatusError {
  return new StatusError({
    status: statusNumbers['resource-exhausted'],
    message: `grpc: received message larger than max (${bytes} vs. ${maxBytes})`,
  })
}

/** A body that ends within an object. */
export const cutOff: StatusError = wrongRequest('unexpected EOF')
