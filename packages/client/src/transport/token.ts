// The auth token of a client: had once however many calls wait for it, and had anew when the server refuses it. Shared by
// gRPC and the gateway: how to authenticate, and where a token goes in a request, is the transports'.

import type { EtcdErrorCode } from '@etcdkit/protocol'

/** Who the client is: a user, or a token from elsewhere (such as a JWT) that is sent as it is and never renewed. */
export type AuthOptions =
  | { readonly username: string; readonly password: string }
  | { readonly token: string }

/** Checks the options. Throws `TypeError`; the message does not show them. */
export function checkAuth(auth: AuthOptions | undefined): void {
  if (auth === undefined) return
  if (typeof auth !== 'object' || auth === null) throw new TypeError('auth must be an object')
  const names = Object.keys(auth).sort().join(' and ')
  if (names !== 'password and username' && names !== 'token') {
    throw new TypeError(`auth must have username and password, or token alone, not ${names}`)
  }
  for (const [name, value] of Object.entries(auth)) {
    if (typeof value !== 'string' || (value === '' && name !== 'password')) {
      throw new TypeError(`auth: ${name} must be a text that is not empty`)
    }
  }
}

// What a server says to a token that has expired, was issued before a change of users, or is missing.
const refusals: ReadonlySet<EtcdErrorCode> = new Set([
  'invalid-auth-token',
  'auth-old-revision',
  'user-empty',
])

/** Whether the call may succeed with another token. */
export function isTokenRefusal(code: EtcdErrorCode): boolean {
  return refusals.has(code)
}

/** Asks the server for a token; `undefined` when it has auth turned off. */
export type Authenticate = (username: string, password: string) => Promise<string | undefined>

// Several streams may be refused for one token, and their messages tell so one after the other.
const freshMs = 500

/** The token in use. */
export class TokenStore {
  readonly #auth: AuthOptions | undefined
  readonly #authenticate: Authenticate
  readonly #onRenewed: (() => void) | undefined
  #pending: Promise<void> | undefined
  /** When the current token came. */
  #acquiredAt: number | undefined
  /** The token to send; `undefined`: none. */
  current: string | undefined
  /** Whether calls can go out now; else `acquire` first. */
  ready: boolean

  /** `onRenewed` is called when another token has taken the place of the one before. */
  constructor(
    auth: AuthOptions | undefined,
    authenticate: Authenticate,
    onRenewed?: (() => void) | undefined,
  ) {
    this.#auth = auth
    this.#authenticate = authenticate
    this.#onRenewed = onRenewed
    this.current = auth !== undefined && 'token' in auth ? auth.token : undefined
    this.ready = auth === undefined || 'token' in auth
  }

  /** Authenticates, or joins the authentication under way. Rejects with what the server said. */
  acquire(): Promise<void> {
    this.#pending ??= this.#fetch().finally(() => {
      this.#pending = undefined
    })
    return this.#pending
  }

  /** The server refused `token`. Returns whether another can be had; one that is newer already counts. */
  refused(token: string | undefined): boolean {
    if (this.#auth === undefined || 'token' in this.#auth) return false
    if (token === this.current) this.ready = false
    return true
  }

  /**
   * The server refused the token in use, or one a moment older, where it is not known which (`Transport.renewToken`).
   * Returns whether calls begun from now on carry another.
   */
  renew(): boolean {
    const isFresh = this.#acquiredAt !== undefined && performance.now() - this.#acquiredAt < freshMs
    return isFresh || this.refused(this.current)
  }

  async #fetch(): Promise<void> {
    if (this.#auth === undefined || 'token' in this.#auth) return
    this.current = await this.#authenticate(this.#auth.username, this.#auth.password)
    const isFirst = this.#acquiredAt === undefined
    this.#acquiredAt = performance.now()
    this.ready = true
    if (!isFirst) this.#onRenewed?.()
  }
}
