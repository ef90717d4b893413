// Tables of calls, and how often each is made.

import fc from 'fast-check'
import { type CallName, callOf, type Operation, type RequestPlan, type User } from '../operation.ts'

/** An operation and its weight among others. */
export interface Row {
  readonly weight: number
  readonly arbitrary: fc.Arbitrary<Operation>
}

/** A call, from nobody in particular unless told otherwise. */
export function rowOf<N extends CallName>(
  weight: number,
  name: N,
  request: fc.Arbitrary<RequestPlan<N>>,
  caller: fc.Arbitrary<User> = fc.constant(undefined),
): Row {
  const operation = fc.tuple(request, caller)
  return { weight, arbitrary: operation.map(([planned, user]) => callOf(name, planned, user)) }
}
