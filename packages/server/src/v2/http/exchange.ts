// A request and the way to answer it, whatever HTTP it came by; and answers that are whole.

import type { Readable } from 'node:stream'

/** One request, and its answer to be. What is done after its end does nothing, and nothing of it throws. */
export interface Exchange {
  readonly method: string
  /** Path and query as they were sent, a code unit for each byte. */
  readonly url: string
  readonly body: Readable
  /** A header of the request. Names in lower case. */
  header(name: string): string | undefined
  /** Begins the answer. */
  respond(status: number, headers: Readonly<Record<string, string>>): void
  /** Sends some of the answer. `false`: the reader is full; `whenWritable` tells when there is room. */
  write(text: string): boolean
  /** Ends the answer. */
  end(text?: string): void
  /** Has `run` called each time there is room again. */
  whenWritable(run: () => void): void
  /** Has `run` called once, when all is sent or the client is gone. */
  whenClosed(run: () => void): void
  /** Breaks the connection. */
  cut(): void
}

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The headers of JSON. */
export const jsonHeaders = { 'content-type': 'application/json' } as const

const wordHeaders = {
  'content-type': 'text/plain; charset=utf-8',
  'x-content-type-options': 'nosniff',
} as const

/** What there is no page for. */
export const notFound: Answer = {
  status: 404,
  headers: wordHeaders,
  body: '404 page not found\n',
}

/** A method that the page does not take. `allowed` is left out where etcd does. */
export function methodNotAllowed(...allowed: readonly string[]): Answer {
  const headers = allowed.length === 0 ? wordHeaders : { allow: allowed.join(','), ...wordHeaders }
  return { status: 405, headers, body: 'Method Not Allowed\n' }
}

/** An error of any page but those of keys. */
export function messageAnswer(status: number, message: string): Answer {
  return { status, headers: jsonHeaders, body: goJson({ message }) }
}

/** JSON as Go writes it: safe inside HTML. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** Sends an answer, its body unless it was asked for the head alone. */
export function sendAnswer(exchange: Exchange, { status, headers, body = '' }: Answer): void {
  const length = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  exchange.respond(status, { ...headers, ...length })
  exchange.end(exchange.method === 'HEAD' ? undefined : body)
}
