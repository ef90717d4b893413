// How an ejected endpoint is asked whether it works again. Shared by gRPC and the gateway.

import { EtcdError, type EtcdErrorCode, KV, type Transport } from '@etcdkit/protocol'

// Only a member that hears of its leader answers a linearizable read; one that cannot is told apart in this time.
const timeoutMs = 2000
const smallestKey = new Uint8Array(1)
// Sent once: a transport knows by the class that it is not to be repeated.
const method: typeof KV.range = /* @__PURE__ */ (() => ({ ...KV.range, retry: 'non-repeatable' }))()

// The member read its store before it refused, or would have.
const answers: ReadonlySet<EtcdErrorCode> = new Set<EtcdErrorCode>([
  'permission-denied',
  'auth-failed',
  'auth-old-revision',
  'invalid-auth-token',
  'user-empty',
])

/** Asks `endpoint`; rejects with an `EtcdError` if it does not work. */
export async function probeEndpoint(
  transport: Pick<Transport, 'unary'>,
  endpoint: string,
): Promise<void> {
  try {
    await transport.unary(
      method,
      { key: smallestKey, limit: 1, keysOnly: true },
      { endpoint, timeoutMs },
    )
  } catch (error) {
    if (!(error instanceof EtcdError && answers.has(error.code))) throw error
  }
}
