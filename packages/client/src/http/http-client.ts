// HTTP/1.1 as the gateway and v2 need it: requests out, answers as they come in. What carries them is for others.

import type { HttpError } from './http-error.ts'

/** Where requests go. One object for each place: connections are kept by it. */
export interface HttpOrigin {
  /** Scheme, host and port: `http://127.0.0.1:2379`. */
  readonly url: string
  /** The unix socket that leads there, in place of the host and port, which stay in the `Host` header. */
  readonly socketPath?: string | undefined
}

/** A request. */
export interface HttpRequest {
  readonly method: string
  /** Path and query, escaped: `/v3/kv/put`. */
  readonly path: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array | undefined
  /** The answer may go on for ever, and its connection is not one of those that short requests wait for. */
  readonly streaming?: boolean | undefined
}

/** The headers of an answer, names in lower case. */
export type HttpHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** Takes an answer as it comes: the head, data, and the end; or an error at any time, and nothing after it. */
export interface HttpReceiver {
  /** The request is on its way: there is a connection, where the runtime tells of connections. */
  onSent?(): void
  onHead(status: number, headers: HttpHeaders): void
  /** `chunk` is the receiver's own. */
  onData(chunk: Uint8Array): void
  onEnd(): void
  onError(error: HttpError): void
}

/** A request under way. */
export interface HttpExchange {
  /** The server may know of the request. */
  readonly sent: boolean
  /** Ends it at once; the receiver hears no more. Fine when it has ended. */
  cancel(): void
  /** No more data until `resume`, but for what is on its way. */
  pause(): void
  resume(): void
}

/** Sends requests. */
export interface HttpClient {
  /** Sends a request. Nothing is thrown, and the receiver hears nothing before this returns. */
  send(origin: HttpOrigin, request: HttpRequest, receiver: HttpReceiver): HttpExchange
  /** No more requests go to `origin`: its connections are closed when those under way have ended. */
  release(origin: HttpOrigin): void
  /** Ends every exchange with an error and closes every connection it can; resolves when that is done. */
  close(): Promise<void>
}

/** The value of a header that is to be there once; the first, if it is there more often. */
export function headerOf(headers: HttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'object' ? value[0] : value
}
