// What a request asks for: a path that is decoded and clean, and a query. Other paths are sent to their clean form.

import { posix } from 'node:path'
import { EscapeError, escapePath, unescapeText } from './escapes.ts'
import type { Answer, Exchange } from './exchange.ts'

/** Where a request goes. */
export interface Target {
  /** Decoded, a code unit for each byte; with a slash at its end if it was asked with one. */
  readonly path: string
  /** As it was sent; `undefined` without a question mark. */
  readonly query: string | undefined
  /** Whether the path has the form that pages have. */
  readonly isClean: boolean
}

/** Reads it; `undefined` if nobody could. */
export function parseTarget(text: string): Target | undefined {
  const [whole = '', query] = text.split(/\?(.*)/s)
  const rawPath = whole.replace(/^https?:\/\/[^/]*/i, '')
  if (!rawPath.startsWith('/')) return undefined
  try {
    const path = unescapeText(rawPath, false)
    const clean = posix.normalize(path)
    return { path: clean, query, isClean: clean === path }
  } catch (error) {
    if (error instanceof EscapeError) return undefined
    throw error
  }
}

/** What a target that cannot be read is answered. */
export const badRequest: Answer = {
  status: 400,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  body: '400 Bad Request',
}

/** Sends a client to the clean form. Go does so for every method, though a client that follows then asks with GET. */
export function redirectAnswer({ method }: Exchange, { path, query }: Target): Answer {
  const location = `${escapePath(path)}${query === undefined ? '' : `?${query}`}`
  if (method !== 'GET' && method !== 'HEAD') return { status: 301, headers: { location } }
  const body = `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`
  return { status: 301, headers: { 'content-type': 'text/html; charset=utf-8', location }, body }
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
