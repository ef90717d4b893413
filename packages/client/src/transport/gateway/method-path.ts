// Where a gateway has a method.

import { EtcdError, type Method } from '@etcdkit/protocol'
import { outcomeOf } from '../failure.ts'

const currentPrefix = '/v3'

/** Throws an `EtcdError` of the code `unimplemented` if gateways do not have the method. */
export function assertHasPath<I extends object, O extends object>(method: Method<I, O>): void {
  if (method.gatewayPaths.length > 0) return
  throw new EtcdError(`gateways have no ${method.name}`, {
    code: 'unimplemented',
    outcome: outcomeOf(method, true),
  })
}

/** The path of a method in a gateway at `prefix`. */
export function pathOf({ gatewayPaths }: Pick<Method, 'gatewayPaths'>, prefix: string): string {
  // Of methods that have moved, gateways before 3.4 have the old place only.
  const isOld = prefix === '/v3alpha' || prefix === '/v3beta'
  const path = (isOld ? gatewayPaths.at(-1) : gatewayPaths[0]) ?? ''
  return prefix + path.slice(currentPrefix.length)
}
