// How a user and a password become a token. Shared by gRPC and the gateway.

import { authenticate, EtcdError, type Transport } from '@etcdkit/protocol'

/** A token; `undefined` where auth is turned off. Rejects with what the server said. */
export async function askForToken(
  transport: Pick<Transport, 'unary'>,
  name: string,
  password: string,
): Promise<string | undefined> {
  try {
    // A token too many does no harm.
    const { token } = await transport.unary(authenticate, { name, password }, { repeatable: true })
    return token
  } catch (error) {
    if (error instanceof EtcdError && error.code === 'auth-not-enabled') return undefined
    throw error
  }
}
