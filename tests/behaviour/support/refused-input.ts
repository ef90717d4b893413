// How suites about wrong arguments look at them: a rejection with the right error, and nobody has connected.

import assert from 'node:assert/strict'
import { Etcd } from 'etcdkit'
import { countConnections } from './counting-listener.ts'
import { rejectionOf } from './rejections.ts'

/** The errors for wrong arguments. */
export type InputErrorClass = typeof TypeError | typeof RangeError

/** What is called, and what its error must be: its class, and a piece of its message. */
export interface InputCase {
  readonly name: string
  readonly call: (etcd: Etcd) => unknown
  readonly error: InputErrorClass
  readonly fact: RegExp
}

/** Something that the types forbid, as JavaScript gives it. */
export function untyped(value: unknown): never {
  // It is for calls that must refuse it.
  return value as never
}

/** Checks that each case is refused, with a promise and before any I/O. */
export async function assertRefused(cases: readonly InputCase[]): Promise<void> {
  await using listener = await countConnections()
  await using etcd = new Etcd({ endpoints: listener.endpoint, timeoutMs: 50 })
  const verdicts = cases.map(async ({ name, call, error, fact }): Promise<readonly string[]> => {
    const given = call(etcd)
    assert.ok(given instanceof Promise, `${name} answers with a promise`)
    const reason = await rejectionOf(given)
    const right = reason instanceof error && fact.test(reason.message)
    return right && reason.message.startsWith('Cannot ') ? [] : [`${name}: ${String(reason)}`]
  })
  assert.deepEqual((await Promise.all(verdicts)).flat(), [])
  assert.equal(listener.connections, 0)
}
