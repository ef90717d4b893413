// How a client begins: with HTTP/1.1, with HTTP/2, or with HTTP/2 as Go's gRPC does.

import type { Socket } from 'node:net'

/** What the first bytes tell. */
export type Opening = 'http1' | 'http2' | 'http2-of-go'

/** How an HTTP/2 client begins (RFC 9113, section 3.4); no method of HTTP/1.1 begins so. */
export const preface: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

const method = preface.subarray(0, 3)
/** Go's gRPC has no settings of its own. */
const ofGo = Buffer.concat([preface, Buffer.from('000000040000000000', 'hex')])

/** Looks at how a client begins, and leaves it unread. */
export function peek(socket: Socket, begun: (opening: Opening) => void): void {
  let seen = Buffer.alloc(0)
  const look = (): void => {
    const chunk: Buffer | null = socket.read()
    if (chunk === null) return
    seen = Buffer.concat([seen, chunk])
    const opening = openingOf(seen)
    if (opening === undefined) return
    socket.off('readable', look)
    socket.unshift(seen)
    begun(opening)
  }
  socket.on('readable', look)
}

/** `undefined` while it may still be either. */
function openingOf(seen: Buffer): Opening | undefined {
  if (begins(seen, ofGo)) return seen.length < ofGo.length ? undefined : 'http2-of-go'
  return begins(seen, method) ? 'http2' : 'http1'
}

/** Whether the two are the same as far as both go. */
function begins(seen: Buffer, text: Buffer): boolean {
  const length = Math.min(seen.length, text.length)
  return seen.subarray(0, length).equals(text.subarray(0, length))
}
