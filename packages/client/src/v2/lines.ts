// An answer that is read line by line as it comes: that of a wait, or of a stream.

import { EtcdError } from '@etcdkit/protocol'
import type { HttpExchange, HttpHeaders, HttpReceiver } from '../http/http-client.ts'
import type { HttpError } from '../http/http-error.ts'
import { AttemptError, type GatewayCall } from '../transport/gateway/gateway-call.ts'
import type { GatewayEndpoint } from '../transport/gateway/gateway-endpoint.ts'
import { failureOfHttp } from '../transport/gateway/http-failure.ts'
import { LineSplitter, LineTooLongError } from '../transport/gateway/line-splitter.ts'
import type { V2Answer } from './v2-answer.ts'

// Where nobody reads, no more is taken in.
const manyLines = 64

/** What it takes to open one. */
export interface LinesSource {
  readonly maxBytes: number
  begin(receiver: HttpReceiver): HttpExchange
}

/** Resolves when the head is there, and with a refusal when that is complete. Rejects with an `AttemptError`. */
export function openLines(
  call: GatewayCall,
  target: GatewayEndpoint,
  { maxBytes, begin }: LinesSource,
): Promise<V2Lines> {
  return call.part((resolve, reject) => {
    const lines = new V2Lines(target.url, maxBytes, {
      opened: () => resolve(lines),
      failed: (error) => reject(new AttemptError(failureOfHttp(call.method, target.url, error))),
    })
    lines.exchange = begin(lines)
    return () => lines.cancel()
  })
}

interface Opening {
  opened(): void
  failed(error: HttpError): void
}

/** The lines of an answer. */
export class V2Lines implements HttpReceiver {
  readonly #endpoint: string
  readonly #splitter: LineSplitter
  readonly #opening: Opening
  readonly #lines: string[] = []
  #status = 0
  #headers: HttpHeaders = {}
  #isPaused = false
  #end: { readonly error: EtcdError | undefined } | undefined
  #wake: (() => void) | undefined
  exchange: HttpExchange | undefined = undefined
  /** Called when nothing more will come. */
  onOver: (() => void) | undefined = undefined

  constructor(endpoint: string, maxBytes: number, opening: Opening) {
    this.#endpoint = endpoint
    this.#splitter = new LineSplitter(maxBytes)
    this.#opening = opening
  }

  /** Status and headers; of a refusal the body too. */
  get head(): V2Answer {
    const text = this.#status === 200 ? '' : this.#lines.join('\n')
    return { status: this.#status, headers: this.#headers, text, endpoint: this.#endpoint }
  }

  /** The next line; `undefined` at the end. Throws an `EtcdError` when the answer broke off. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const line = this.#lines.shift()
      if (line !== undefined) {
        if (this.#isPaused && this.#lines.length === 0) {
          this.#isPaused = false
          this.exchange?.resume()
        }
        return line
      }
      if (this.#end?.error !== undefined) throw this.#end.error
      if (this.#end !== undefined) return undefined
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Hangs up: nothing more comes. */
  cancel(): void {
    this.exchange?.cancel()
    this.#over(undefined)
  }

  /** Ends it with an error. */
  fail(error: EtcdError): void {
    this.exchange?.cancel()
    this.#over(error)
  }

  // --- HttpReceiver ---

  onHead(status: number, headers: HttpHeaders): void {
    this.#status = status
    this.#headers = headers
    if (status === 200) this.#opening.opened()
  }

  onData(chunk: Uint8Array): void {
    try {
      this.#splitter.push(chunk, (line) => this.#take(line))
    } catch (error) {
      this.fail(this.#errorOf(error))
      this.#opening.opened()
    }
  }

  onEnd(): void {
    try {
      // In 0.4 the last line has no end.
      this.#take(this.#splitter.finish())
      this.#over(undefined)
    } catch (error) {
      this.#over(this.#errorOf(error))
    }
    this.#opening.opened()
  }

  onError(error: HttpError): void {
    this.#opening.failed(error)
    const message = `${error.message} at ${this.#endpoint}`
    const code = error.phase === 'protocol' ? 'protocol-error' : 'connection-lost'
    this.#over(new EtcdError(message, { code, endpoint: this.#endpoint, cause: error }))
  }

  #take(line: string): void {
    if (line === '' || this.#end !== undefined) return
    // A refusal is read to its end, but not kept without end.
    if (this.#lines.length >= manyLines && this.#status !== 200) return
    this.#lines.push(line)
    if (this.#lines.length >= manyLines && !this.#isPaused && this.#status === 200) {
      this.#isPaused = true
      this.exchange?.pause()
    }
    this.#notify()
  }

  #over(error: EtcdError | undefined): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.onOver?.()
    this.#notify()
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  #errorOf(cause: unknown): EtcdError {
    const code = cause instanceof LineTooLongError ? 'message-too-large' : 'protocol-error'
    const fact = cause instanceof Error ? cause.message : String(cause)
    const endpoint = this.#endpoint
    return new EtcdError(`${fact} from ${endpoint}`, { code, endpoint, cause })
  }
}
