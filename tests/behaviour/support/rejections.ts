// What calls reject with, taken out of them so that a test can look at it.

import assert from 'node:assert/strict'
import { EtcdError, type EtcdErrorCode } from 'etcdkit'

/** What the call rejects with. Fails when it resolves. */
export async function rejectionOf(call: Promise<unknown>): Promise<unknown> {
  let value: unknown
  try {
    value = await call
  } catch (reason) {
    return reason
  }
  throw new assert.AssertionError({ message: `resolved with ${String(value)}`, actual: value })
}

/** The `EtcdError` that the call rejects with, whose code must be `code`. */
export async function etcdErrorOf(call: Promise<unknown>, code: EtcdErrorCode): Promise<EtcdError> {
  const reason = await rejectionOf(call)
  assert.ok(reason instanceof EtcdError, `an EtcdError is wanted, not ${String(reason)}`)
  assert.equal(reason.code, code, reason.message)
  return reason
}
