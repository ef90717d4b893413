// The parameters of a request: those of a form in its body, then those of its query, as Go's `ParseForm` has them.

import type { Exchange } from '../../http/exchange.ts'
import { V2Error } from '../tree/error.ts'
import { readBody } from './body.ts'
import { EscapeError, unescapeText } from './escapes.ts'
import { mediaTypeOf } from './media-type.ts'

/** Parameters; of one that is given twice the first counts. */
export type Form = ReadonlyMap<string, string>

/** Reads them. Rejects with `V2Error` 210 on what is no form. */
export async function readForm(exchange: Exchange, query: string | undefined): Promise<Form> {
  const form = new Map<string, string>()
  const { method } = exchange
  if (method === 'PUT' || method === 'POST') addAll(form, await readBodyForm(exchange))
  addAll(form, query ?? '')
  return form
}

async function readBodyForm(exchange: Exchange): Promise<string> {
  const type = exchange.header('content-type') ?? 'application/octet-stream'
  if (mediaTypeOf(type) !== 'application/x-www-form-urlencoded') return ''
  const body = await readBody(exchange.body)
  if (body === undefined) throw new V2Error(210, 'http: POST too large')
  return body.toString('latin1')
}

function addAll(form: Map<string, string>, text: string): void {
  let fault: string | undefined
  for (const pair of text.split('&')) {
    if (pair.includes(';')) {
      fault = 'invalid semicolon separator in query'
      continue
    }
    if (pair === '') continue
    try {
      addPair(form, pair)
    } catch (error) {
      if (!(error instanceof EscapeError)) throw error
      fault ??= error.message
    }
  }
  if (fault !== undefined) throw new V2Error(210, fault)
}

function addPair(form: Map<string, string>, pair: string): void {
  const equals = pair.indexOf('=')
  const [rawName, rawValue] =
    equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)]
  const name = unescapeText(rawName, true)
  const value = unescapeText(rawValue, true)
  if (!form.has(name)) form.set(name, value)
}
