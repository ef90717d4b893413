// What calls over the gateway have in common: their exchange, their metadata, their time, and how they can be broken.

import type { Dispatcher } from '../v3/dispatcher.ts'
import type { ResetCode } from '../v3/fault.ts'
import { startTimeout } from '../v3/grpc/grpc-timeout.ts'
import type { CallContext } from '../v3/service.ts'
import type { Breakable } from '../v3/wire.ts'
import type { ErrorStyle } from './error-style.ts'
import type { GatewayExchange } from './exchange.ts'

/** What a call needs of the gateway it came to. */
export interface GatewayHost {
  readonly dispatcher: Dispatcher
  /** Largest message a client may send, in bytes. */
  readonly maxMessageBytes: number
  readonly errors: ErrorStyle
  /** How long a client may take to send the one request of a call. */
  readonly bodyTimeoutMs: number
}

/** The headers of results. */
export const resultHeaders: Readonly<Record<string, string>> = {
  'content-type': 'application/json',
  'grpc-metadata-content-type': 'application/grpc',
}

/** A call on its exchange. */
export abstract class GatewayCall implements CallContext, Breakable {
  requestBytes = 0
  protected readonly exchange: GatewayExchange
  protected readonly host: GatewayHost
  #closed = false
  #abort: AbortController | undefined
  #stopTimeout: (() => void) | undefined

  constructor(exchange: GatewayExchange, host: GatewayHost) {
    this.exchange = exchange
    this.host = host
    exchange.whenClosed(() => {
      this.#closed = true
      this.#stopTimeout?.()
      this.closed()
      this.#abort?.abort()
    })
  }

  /** As grpc-gateway maps headers: `Grpc-Metadata-Name` and `Authorization`. Source: `runtime/context.go`. */
  metadata(name: string): string | undefined {
    const value = this.exchange.header(`grpc-metadata-${name}`)
    return value ?? (name === 'authorization' ? this.exchange.header(name) : undefined)
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#closed) this.#abort.abort()
    return this.#abort.signal
  }

  reset(code: ResetCode): void {
    this.exchange.reset(code)
  }

  cut(): void {
    this.exchange.cut()
  }

  /** Has `expire` called when the client's time is up. */
  protected limitTime(expire: () => void): void {
    const timeout = this.exchange.header('grpc-timeout')
    if (timeout !== undefined && !this.#closed) this.#stopTimeout = startTimeout(timeout, expire)
  }

  /** All is sent, or nobody waits any more. */
  protected abstract closed(): void
}

/** The largest text of a request: base64 takes a third more than bytes, and names and blanks take something too. */
export function maxTextBytes(maxMessageBytes: number): number {
  return 2 * maxMessageBytes + 65536
}
