// The parameters of a request, as 0.4 reads them: nothing is checked that is not needed.

import type { IncomingMessage } from 'node:http'

/** Path and parameters. */
export interface OldTarget {
  /** Decoded, with everything before the query. */
  readonly path: string
  /** Those of the form first, then those of the query. */
  readonly parameters: URLSearchParams
}

/** Reads them, and the form of a PUT or POST. */
export async function readTarget(request: IncomingMessage): Promise<OldTarget> {
  const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s)
  const form = /^(?:PUT|POST)$/.test(request.method ?? '') ? await readText(request) : ''
  const isForm = request.headers['content-type']?.startsWith('application/x-www-form-urlencoded')
  const both = [isForm ? form : '', query].filter((text) => text !== '')
  return { path: decodeURIComponent(path), parameters: new URLSearchParams(both.join('&')) }
}

/** The body of a request. */
export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Only the word itself is true. */
export function isTrue(parameters: URLSearchParams, name: string): boolean {
  return parameters.get(name) === 'true'
}
