// A client whose server, and whose time, are in the hands of a test.

import assert from 'node:assert/strict'
import { EtcdClient } from '../../../src/v3/etcd.ts'
import { ManualClock } from './manual-clock.ts'
import { ScriptedTransport } from './scripted-transport.ts'

/** A client of a scripted server. */
export interface Scripted {
  readonly clock: ManualClock
  readonly transport: ScriptedTransport
  readonly etcd: EtcdClient
}

export function scripted(options: { readonly fullDuplex?: boolean } = {}): Scripted {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(options)
  return { clock, transport, etcd: new EtcdClient(transport, { clock }) }
}

/** Grants the lease that was asked for last, and answers its id. */
export async function grantNext(transport: ScriptedTransport, TTL: number): Promise<string> {
  const call = await transport.lastCall()
  assert.equal(call.name, 'LeaseGrant')
  call.answer({ ID: call.request.ID, TTL })
  // It is a string of digits, as decoded.
  return call.request.ID as string
}
