// What can go wrong between a request and its answer, told by the step that failed.

/**
 * The step that failed. `unsupported`: the runtime cannot do what is asked for. `dns`, `tcp` and `tls`: there was no
 * connection. `network`: there was no answer, and the runtime does not tell why. `lost`: the connection broke.
 * `protocol`: what came is not HTTP/1.1.
 */
export type HttpPhase = 'unsupported' | 'dns' | 'tcp' | 'tls' | 'network' | 'lost' | 'protocol'

/** A request that was not answered, or not to the end. */
export class HttpError extends Error {
  readonly phase: HttpPhase
  /** The request surely did not reach the server. */
  readonly unsent: boolean

  constructor(phase: HttpPhase, message: string, options: { unsent: boolean; cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.name = 'HttpError'
    this.phase = phase
    this.unsent = options.unsent
  }
}

/** What is known of the request that failed, beside the error. */
export interface Circumstances {
  /** Bytes of the request may have left; `undefined` if the runtime does not tell. */
  readonly sent: boolean | undefined
  readonly secure: boolean
}

/** The error of a request, from whatever the runtime threw. */
export function httpErrorOf(thrown: unknown, { sent, secure }: Circumstances): HttpError {
  if (thrown instanceof HttpError) return thrown
  const { code, syscall, message } = innermost(thrown)
  const early = sent === undefined ? earlyPhase(code, syscall) : undefined
  if (sent === false || early !== undefined) {
    const phase = early ?? earlyPhase(code, syscall) ?? (secure ? 'tls' : 'tcp')
    return new HttpError(phase, message, { unsent: true, cause: thrown })
  }
  if (protocolCode.test(code))
    return new HttpError('protocol', message, { unsent: false, cause: thrown })
  const phase = sent === undefined && code === '' ? 'network' : 'lost'
  return new HttpError(phase, message, { unsent: false, cause: thrown })
}

const dnsCode = /^(?:ENOTFOUND|EAI_\w+|ENODATA|ESERVFAIL|ENONAME)$/
const tcpCode =
  /^(?:ECONNREFUSED|ConnectionRefused|EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL|ENOENT|UND_ERR_CONNECT_TIMEOUT)$/
const tlsCode =
  /^(?:ERR_TLS_\w+|ERR_SSL_\w+|EPROTO|\w*CERT\w*|UNABLE_TO_\w+|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE)$/
// The parser's error has no code in some builds, but its name.
const protocolCode =
  /^(?:HPE_\w+|HTTPParserError|UND_ERR_(?:HEADERS_OVERFLOW|RES_CONTENT_LENGTH_MISMATCH))$/

// A step before anything is sent, where the code says so without doubt.
function earlyPhase(code: string, syscall: string): 'dns' | 'tcp' | 'tls' | undefined {
  if (dnsCode.test(code)) return 'dns'
  if (tcpCode.test(code) || syscall === 'connect') return 'tcp'
  if (tlsCode.test(code)) return 'tls'
  return undefined
}

interface Innermost {
  readonly code: string
  readonly syscall: string
  readonly message: string
}

const deepestCause = 8

// Runtimes wrap what happened: `fetch failed` around a list of attempts around what the system said.
function innermost(thrown: unknown): Innermost {
  let found: Innermost = { code: '', syscall: '', message: String(thrown) }
  let error = thrown
  for (let depth = 0; depth < deepestCause && error instanceof Error; depth++) {
    // Runtimes add what `Error` does not declare.
    const { name, code, syscall, message, errors, cause } = error as Error & Record<string, unknown>
    found = {
      code: typeof code === 'string' ? code : name === 'HTTPParserError' ? name : found.code,
      syscall: typeof syscall === 'string' ? syscall : found.syscall,
      message: message === '' ? found.message : message,
    }
    error = Array.isArray(errors) && errors.length > 0 ? errors[0] : cause
  }
  return found
}
