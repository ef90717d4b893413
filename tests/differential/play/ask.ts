// A call that has to be answered: what is done between sequences.

import type { MessageInit, UnaryMethod } from '@etcdkit/protocol'
import { within } from '../../support/within.ts'
import type { Caller, Door } from './door.ts'

/** The answer. Rejects when the call is refused. */
export async function ask<I extends object, O extends object>(
  door: Door,
  method: UnaryMethod<I, O>,
  request: MessageInit<I>,
  caller?: Caller,
): Promise<O> {
  const answer = await within(door.call(method, request, caller), `an answer of ${method.name}`)
  if (answer.kind === 'refusal') {
    throw new Error(`${method.name} was refused: ${JSON.stringify(answer.refusal)}`)
  }
  // The answer of a method is its output.
  return answer.message as O
}
