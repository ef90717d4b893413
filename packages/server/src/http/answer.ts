// Answers that are whole, and those that every page has in common.

import type { Exchange } from './exchange.ts'

/** A whole answer. */
export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The headers of JSON. */
export const jsonHeaders = { 'content-type': 'application/json' } as const

/** The headers of words. */
export const textHeaders = { 'content-type': 'text/plain; charset=utf-8' } as const

/** The headers of an error in words, as Go writes it. */
export const errorHeaders: Readonly<Record<string, string>> = {
  ...textHeaders,
  'x-content-type-options': 'nosniff',
}

/** What there is no page for. */
export const notFound: Answer = {
  status: 404,
  headers: errorHeaders,
  body: '404 page not found\n',
}

/** A method that the page does not take. `allowed` is left out where etcd does. */
export function methodNotAllowed(...allowed: readonly string[]): Answer {
  const headers =
    allowed.length === 0 ? errorHeaders : { allow: allowed.join(','), ...errorHeaders }
  return { status: 405, headers, body: 'Method Not Allowed\n' }
}

/** Sends a client elsewhere. Go does so for every method, though a client that follows then asks with GET. */
export function movedPermanently({ method }: Exchange, location: string): Answer {
  if (method !== 'GET' && method !== 'HEAD') return { status: 301, headers: { location } }
  const body = `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`
  return { status: 301, headers: { 'content-type': 'text/html; charset=utf-8', location }, body }
}

/** Sends an answer, its body unless it was asked for the head alone. */
export function sendAnswer(exchange: Exchange, { status, headers, body = '' }: Answer): void {
  const length = status === 204 ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  exchange.respond(status, { ...headers, ...length })
  exchange.end(exchange.method === 'HEAD' ? undefined : body)
}

const htmlEscapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => htmlEscapes[character] ?? character)
}
