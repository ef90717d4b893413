// What the v2 API answers, as a table: requests, then the status and the whole body of the last of them.
//
// `P` is a directory of the case's own. In bodies `#2` is the index that the second request was answered with. The numbers
// are those of the reference's captures.

/** A case. */
export interface KeysCase {
  readonly name: string
  /** `PUT P/a?prevExist=true value=1&ttl=5`: method, path with query, form. */
  readonly steps: readonly string[]
  readonly status: number
  /** Whole, times apart; `undefined` for one without a body. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A row of the table. */
export function row(
  name: string,
  steps: readonly string[],
  status: number,
  body?: unknown,
): KeysCase {
  return { name, steps, status, body }
}

/** A file. */
export function file(key: string, value: string, modified: string, created = modified): object {
  return { key, value, modifiedIndex: modified, createdIndex: created }
}

/** A directory. */
export function dir(key: string, modified: string, created = modified): object {
  return { key, dir: true, modifiedIndex: modified, createdIndex: created }
}

/** An error. */
export function refusal(errorCode: number, message: string, cause: string, index = '#now'): object {
  return { errorCode, message, cause, index }
}

/** A node that has a time to live. */
export const lasting = (node: object, ttl: number): object => ({ ...node, expiration: 'T', ttl })

/** The root cannot be changed. */
export const rootReadOnly = refusal(107, 'Root is read only', '/')
/** An index that is none. */
export const badNumber = (name: string): object =>
  refusal(203, 'The given index in POST form is not a number', `invalid value for "${name}"`, '0')
