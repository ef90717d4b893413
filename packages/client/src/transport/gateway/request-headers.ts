// The headers of requests, made once for each token and used as they are.

/** The headers a request is to have. */
export interface HeaderWishes {
  readonly token: string | undefined
  /** Have the server refuse the call when it has no leader. */
  readonly requireLeader: boolean
  /** Of this call alone. Names in lower case. */
  readonly headers: Readonly<Record<string, string>> | undefined
}

type Headers = Readonly<Record<string, string>>

/** The headers of a client's requests. */
export class RequestHeaders {
  readonly #common: Headers
  #token: string | undefined = undefined
  #plain: Headers
  #withLeader: Headers

  /** `given`: headers of every request. */
  constructor(given: Readonly<Record<string, string>>) {
    this.#common = lowerCased(given)
    this.#plain = this.#make(undefined, false)
    this.#withLeader = this.#make(undefined, true)
  }

  of({ token, requireLeader, headers }: HeaderWishes): Headers {
    if (token !== this.#token) {
      this.#token = token
      this.#plain = this.#make(token, false)
      this.#withLeader = this.#make(token, true)
    }
    const known = requireLeader ? this.#withLeader : this.#plain
    return headers === undefined ? known : { ...known, ...lowerCased(headers) }
  }

  #make(token: string | undefined, requireLeader: boolean): Headers {
    return {
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: token }),
      // As the gateway passes on gRPC's metadata.
      ...(requireLeader && { 'grpc-metadata-hasleader': 'true' }),
      ...this.#common,
    }
  }
}

function lowerCased(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
  )
}

// What the transport says itself, and what belongs to a connection and not to a request (RFC 9110 section 7.6.1).
const reserved = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const headerName = /^[!#$%&'*+.^_`|~\w-]+$/
// Without the control characters but tab.
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/

/** Whether a header can have this value. */
export function isHeaderValue(value: unknown): boolean {
  return typeof value === 'string' && headerValue.test(value)
}

/** Checks headers a caller gave; `allowed` are names he may give that are reserved otherwise. Throws `TypeError`. */
export function checkHeaders(
  headers: Readonly<Record<string, string>> | undefined,
  allowed: ReadonlySet<string> = new Set(),
): void {
  if (headers === undefined) return
  if (typeof headers !== 'object' || headers === null) {
    throw new TypeError('headers must be an object')
  }
  for (const [name, value] of Object.entries(headers)) {
    const shown = JSON.stringify(name)
    if (!headerName.test(name)) throw new TypeError(`headers: ${shown} is not a header's name`)
    if (reserved.has(name.toLowerCase()) && !allowed.has(name.toLowerCase())) {
      throw new TypeError(`headers: ${shown} is set by the transport`)
    }
    // Without its text, which may be a secret.
    if (!isHeaderValue(value)) {
      throw new TypeError(`headers: the value of ${shown} must be a text that a header can have`)
    }
  }
}
