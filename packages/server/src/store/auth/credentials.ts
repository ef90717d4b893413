// Who calls, as a wire tells it, and who that turns out to be.

/** What a call shows to be let in. */
export interface Credentials {
  /** A value of the call's metadata. Names in lower case. */
  metadata(name: string): string | undefined
  /** The common name in the client's certificate, where that stands for a user. */
  readonly commonName?: string | undefined
}

/** A call that shows nothing. */
export const anonymous: Credentials = { metadata: () => undefined }

/** The token that a call shows. */
export function tokenOf(credentials: Credentials): string | undefined {
  const token = credentials.metadata('token') ?? credentials.metadata('authorization')
  return token?.startsWith(bearer) ? token.slice(bearer.length) : token
}

const bearer = 'Bearer '
