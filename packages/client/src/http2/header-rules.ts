// What makes a header section malformed (RFC 9113 sections 8.1.1, 8.2 and 8.3).

import type { HeaderList } from './hpack/decoder.ts'

// What a recipient must refuse at least (RFC 9113 section 8.2.1).
const badName = /[^\x21-\x40\x5b-\x7e]/
// Space at the ends, which the RFC forbids as well, is let pass:
// grpc-go does not take it off the end of a `grpc-message`.
const badValue = /[\0\n\r]/

const forbidden = new Set([
  'connection',
  'proxy-connection',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
])

/** Checks header sections; those with the bytes of the last good one are one object with it, and known. */
export class HeaderRules {
  #knownHeaders: HeaderList | undefined
  #knownTrailers: HeaderList | undefined

  /** Why the section is malformed, or `undefined` if it is not. */
  check(headers: HeaderList, trailers: boolean): string | undefined {
    if (headers === (trailers ? this.#knownTrailers : this.#knownHeaders)) return undefined
    const fault = malformation(headers, trailers)
    if (fault !== undefined) return fault
    if (trailers) this.#knownTrailers = headers
    else this.#knownHeaders = headers
    return undefined
  }
}

function malformation(headers: HeaderList, trailers: boolean): string | undefined {
  let regular = false
  let statuses = 0
  for (const { name, value } of headers) {
    if (badValue.test(value)) return `a field value with a line break or NUL: ${name}`
    if (name.startsWith(':')) {
      if (trailers) return `a pseudo-header field in trailers: ${name}`
      if (name !== ':status') return `a pseudo-header field no response has: ${name}`
      if (regular) return 'a pseudo-header field after regular ones'
      statuses++
    } else {
      regular = true
      if (name === '' || badName.test(name) || name.includes(':'))
        return `a field name in error: ${JSON.stringify(name)}`
      if (forbidden.has(name)) return `a connection-specific field: ${name}`
    }
  }
  if (trailers) return undefined
  if (statuses !== 1) return `${statuses} :status fields`
  return /^[1-5]\d\d$/.test(headers.status ?? '') ? undefined : `a :status of ${headers.status}`
}
