// A refusal of users, roles and passwords.

/** A refusal, thrown. */
export class AuthError extends Error {
  override readonly name = 'AuthError'
  /** The HTTP status. */
  readonly status: number

  constructor(status: number, fact: string) {
    super(`auth: ${fact}`)
    this.status = status
  }
}

/** What `find` answers; `undefined` where that is refused. */
export function unlessMissing<T>(find: () => T): T | undefined {
  try {
    return find()
  } catch (error) {
    if (error instanceof AuthError) return undefined
    throw error
  }
}
