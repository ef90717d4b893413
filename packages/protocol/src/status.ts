// gRPC's status codes, by number and by name.

/** The name of a gRPC status other than OK, as etcdkit writes it. */
export type GrpcStatus =
  | 'canceled'
  | 'unknown'
  | 'invalid-argument'
  | 'deadline-exceeded'
  | 'not-found'
  | 'already-exists'
  | 'permission-denied'
  | 'resource-exhausted'
  | 'failed-precondition'
  | 'aborted'
  | 'out-of-range'
  | 'unimplemented'
  | 'internal'
  | 'unavailable'
  | 'data-loss'
  | 'unauthenticated'

/**
 * The number of each status. OK is 0.
 *
 * Source: gRPC `doc/statuscodes.md`.
 */
export const statusNumbers: Readonly<Record<GrpcStatus, number>> = {
  canceled: 1,
  unknown: 2,
  'invalid-argument': 3,
  'deadline-exceeded': 4,
  'not-found': 5,
  'already-exists': 6,
  'permission-denied': 7,
  'resource-exhausted': 8,
  'failed-precondition': 9,
  aborted: 10,
  'out-of-range': 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  'data-loss': 15,
  unauthenticated: 16,
}

/** All statuses, each at its number less one. */
const statuses = Object.keys(statusNumbers) as readonly GrpcStatus[]

/** The name of the status `number`; `unknown` for numbers gRPC does not have, as gRPC asks for. */
export function statusName(number: number): GrpcStatus {
  return statuses[number - 1] ?? 'unknown'
}

/** The status that Go writes as `name`, for example `PermissionDenied`; `unknown` for any other. */
export function statusOfGoName(name: string): GrpcStatus {
  const kebab = name.replace(/(?<=.)[A-Z]/g, '-$&').toLowerCase()
  return statuses.find((status) => status === kebab) ?? 'unknown'
}
