// A whole answer, collected as it comes.

import { decodeUtf8 } from '@etcdkit/protocol'
import type { HttpHeaders, HttpReceiver } from '../../http/http-client.ts'
import type { HttpError } from '../../http/http-error.ts'
import { joined } from './line-splitter.ts'

/** An answer. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: HttpHeaders
  readonly body: Uint8Array
}

/** The answer is larger than is accepted. */
export class AnswerTooLargeError extends Error {}

/** The text of a body. Throws `TypeError` if it is not UTF-8. */
export function textOf({ body }: HttpAnswer): string {
  return decodeUtf8(body)
}

/** The text of a body; empty if it is not UTF-8, which is no JSON either. */
export function safeTextOf(answer: HttpAnswer): string {
  try {
    return textOf(answer)
  } catch {
    return ''
  }
}

/** Collects an answer, of no more than `maxBytes`. */
export class AnswerCollector implements HttpReceiver {
  readonly #maxBytes: number
  readonly #resolve: (answer: HttpAnswer) => void
  readonly #reject: (error: HttpError | AnswerTooLargeError) => void
  #status = 0
  #headers: HttpHeaders = {}
  #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(
    maxBytes: number,
    resolve: (answer: HttpAnswer) => void,
    reject: (error: HttpError | AnswerTooLargeError) => void,
  ) {
    this.#maxBytes = maxBytes
    this.#resolve = resolve
    this.#reject = reject
  }

  onHead(status: number, headers: HttpHeaders): void {
    this.#status = status
    this.#headers = headers
  }

  onData(chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes <= this.#maxBytes) {
      this.#chunks.push(chunk)
      return
    }
    this.#chunks = []
    this.#reject(new AnswerTooLargeError(`an answer of more than ${this.#maxBytes} bytes`))
  }

  onEnd(): void {
    const [only] = this.#chunks
    const isOne = this.#chunks.length === 1 && only !== undefined
    const body = isOne ? only : joined(this.#chunks, this.#bytes)
    this.#resolve({ status: this.#status, headers: this.#headers, body })
  }

  onError(error: HttpError): void {
    this.#reject(error)
  }
}
