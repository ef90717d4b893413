// The answer to a stream's request, as it comes: lines of JSON, each a message, or the reason for the end.

import type { StreamMethod } from '@etcdkit/protocol'
import type { HttpReceiver } from '../../http/http-client.ts'
import type { HttpError } from '../../http/http-error.ts'
import { type Failure, failureOfStatus } from '../failure.ts'
import { parseJson, statusOfAnswer } from './answer-status.ts'
import { AttemptError } from './gateway-call.ts'
import { failureOfAnswer, failureOfHttp } from './http-failure.ts'
import { LineSplitter, LineTooLongError } from './line-splitter.ts'
import { resultOf } from './unary-attempt.ts'

/** What a stream is told by its answer. */
export interface StreamEvents<O> {
  /** The request is on its way. */
  sent(): void
  /** The server has taken the request. */
  opened(): void
  message(message: O, bytes: number): void
  /** The server ended the stream with OK. */
  ended(): void
  /** An `AttemptError`; the exchange is to be canceled. */
  failed(error: unknown): void
}

const ok = 200
// Of an error: what is beyond it says no more.
const maxErrorBytes = 64 * 1024

/** Reads an answer. */
export class StreamAttempt<I extends object, O extends object> implements HttpReceiver {
  readonly #method: StreamMethod<I, O>
  readonly #endpoint: string
  readonly #events: StreamEvents<O>
  readonly #lines: LineSplitter
  #status = 0
  #errorText = ''

  constructor(
    method: StreamMethod<I, O>,
    endpoint: string,
    { maxBytes, events }: { readonly maxBytes: number; readonly events: StreamEvents<O> },
  ) {
    this.#method = method
    this.#endpoint = endpoint
    this.#events = events
    this.#lines = new LineSplitter(maxBytes)
  }

  onSent(): void {
    this.#events.sent()
  }

  onHead(status: number): void {
    this.#status = status
    if (status === ok) this.#events.opened()
  }

  onData(chunk: Uint8Array): void {
    try {
      if (this.#status === ok) this.#lines.push(chunk, (line, bytes) => this.#take(line, bytes))
      else this.#lines.push(chunk, (line) => this.#keepError(line))
    } catch (error) {
      this.#events.failed(this.#asAttemptError(error))
    }
  }

  onEnd(): void {
    try {
      const { partialBytes } = this.#lines
      const rest = this.#lines.finish()
      if (this.#status !== ok) this.#refused(rest)
      // A last line may do without its end.
      if (rest !== '') this.#take(rest, partialBytes)
      this.#events.ended()
    } catch (error) {
      this.#events.failed(this.#asAttemptError(error))
    }
  }

  onError(error: HttpError): void {
    this.#fail(failureOfHttp(this.#method, this.#endpoint, error))
  }

  #take(line: string, bytes: number): void {
    if (line === '') return
    const json = parseJson(line)
    if (json === undefined) throw new SyntaxError('a line that is not JSON')
    this.#events.message(resultOf(this.#method, this.#endpoint, json), bytes)
  }

  #keepError(line: string): void {
    if (this.#errorText.length < maxErrorBytes) this.#errorText += `${line}\n`
  }

  #refused(rest: string): never {
    const status = statusOfAnswer(this.#status, this.#errorText + rest)
    throw new AttemptError(failureOfStatus(this.#method, this.#endpoint, status))
  }

  #asAttemptError(thrown: unknown): unknown {
    if (thrown instanceof AttemptError) return thrown
    const code = thrown instanceof LineTooLongError ? 'message-too-large' : 'protocol-error'
    const fact = thrown instanceof Error ? thrown.message : String(thrown)
    const problem = { code, fact, cause: thrown } as const
    return new AttemptError(failureOfAnswer(this.#method, this.#endpoint, problem))
  }

  #fail(failure: Failure): void {
    this.#events.failed(new AttemptError(failure))
  }
}
