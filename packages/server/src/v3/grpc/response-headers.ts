// What a gRPC response says around its messages: nothing but its content type first, and its status last.

import type { OutgoingHttpHeaders, ServerStreamResponseOptions } from 'node:http2'
import type { CallStatus } from '../status.ts'

const contentType = 'application/grpc'
const plainHeaders: OutgoingHttpHeaders = { ':status': 200, 'content-type': contentType }

/** The headers of a response that has messages: of the client's own content type, `application/grpc+proto` for one. */
export function responseHeaders(requested: string | undefined): OutgoingHttpHeaders {
  const subtype =
    requested === contentType ? null : /^application\/grpc[+;](.+)$/i.exec(requested ?? '')
  if (subtype === null) return plainHeaders
  return { ':status': 200, 'content-type': `${contentType}+${subtype[1]?.toLowerCase()}` }
}

/** How they are sent. Without a date, as etcd's. */
export const beforeMessages: ServerStreamResponseOptions & { readonly sendDate: boolean } = {
  waitForTrailers: true,
  sendDate: false,
}

/** How headers are sent that are all there is. */
export const withoutMessages: ServerStreamResponseOptions & { readonly sendDate: boolean } = {
  endStream: true,
  sendDate: false,
}

/** The trailers of a call that went well. */
export const okTrailers: OutgoingHttpHeaders = { 'grpc-status': '0', 'grpc-message': '' }

/** The trailers of a call. */
export function trailersOf({ status, message }: CallStatus): OutgoingHttpHeaders {
  if (status === 0) return okTrailers
  return { 'grpc-status': String(status), 'grpc-message': encodeStatusMessage(message) }
}

/** Percent-encodes what is not printable ASCII, and the percent sign. Source: gRPC `doc/PROTOCOL-HTTP2.md`. */
export function encodeStatusMessage(message: string): string {
  if (/^[ -$&-~]*$/.test(message)) return message
  let text = ''
  for (const byte of Buffer.from(message)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    text += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
