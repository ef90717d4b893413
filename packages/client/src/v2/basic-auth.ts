// Basic auth (RFC 7617), the only one that the v2 API knows.

import { encodeBase64, encodeUtf8 } from '@etcdkit/protocol'
import type { AuthOptions } from '../transport/token.ts'

/** What is sent as it is with every request. */
export function basicAuth(auth: AuthOptions | undefined): { readonly token: string } | undefined {
  if (auth === undefined || 'token' in auth) return undefined
  const { username, password } = auth
  return { token: `Basic ${encodeBase64(encodeUtf8(`${username}:${password}`))}` }
}
