// What the v2 API says when it refuses: numbers, words, HTTP status. The one table of them.

interface Row {
  readonly message: string
  readonly status: number
}

/** The numbers that this server uses. Source: etcd `server/etcdserver/api/v2error`. */
export type V2ErrorCode =
  | 100
  | 101
  | 102
  | 104
  | 105
  | 107
  | 108
  | 110
  | 201
  | 202
  | 203
  | 209
  | 210
  | 211
  | 212
  | 401

const rows: Readonly<Record<V2ErrorCode, Row>> = {
  100: { message: 'Key not found', status: 404 },
  101: { message: 'Compare failed', status: 412 },
  102: { message: 'Not a file', status: 403 },
  104: { message: 'Not a directory', status: 400 },
  105: { message: 'Key already exists', status: 412 },
  107: { message: 'Root is read only', status: 400 },
  108: { message: 'Directory not empty', status: 403 },
  110: { message: 'The request requires user authentication', status: 401 },
  201: { message: 'PrevValue is Required in POST form', status: 400 },
  202: { message: 'The given TTL in POST form is not a number', status: 400 },
  203: { message: 'The given index in POST form is not a number', status: 400 },
  209: { message: 'Invalid field', status: 400 },
  210: { message: 'Invalid POST form', status: 400 },
  211: { message: 'Value provided on refresh', status: 400 },
  212: { message: 'A TTL must be provided on refresh', status: 400 },
  401: { message: 'The event in requested index is outdated and cleared', status: 400 },
}

/** A refusal, thrown. `message` is the cause, which etcd tells beside the words of the number. */
export class V2Error extends Error {
  override readonly name = 'V2Error'
  readonly code: V2ErrorCode
  /** The index of the store, 0 where the request itself is at fault. */
  readonly index: number

  constructor(code: V2ErrorCode, cause: string, index = 0) {
    super(cause)
    this.code = code
    this.index = index
  }

  /** The words of the number. */
  get words(): string {
    return rows[this.code].message
  }

  /** The HTTP status. */
  get status(): number {
    return rows[this.code].status
  }
}
