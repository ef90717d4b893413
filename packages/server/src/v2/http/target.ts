// What a request asks for: a path that is decoded and clean, and a query. Other paths are sent to their clean form.

import { posix } from 'node:path'
import { type Answer, movedPermanently, textHeaders } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import { EscapeError, escapePath, unescapeText } from './escapes.ts'

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
  headers: { ...textHeaders, connection: 'close' },
  body: '400 Bad Request',
}

/** Sends a client to the clean form. */
export function redirectAnswer(exchange: Exchange, { path, query }: Target): Answer {
  return movedPermanently(exchange, `${escapePath(path)}${query === undefined ? '' : `?${query}`}`)
}
