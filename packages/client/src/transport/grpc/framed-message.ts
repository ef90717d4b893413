// Messages encoded with gRPC's prefix before them, into one buffer that is used again and again.

import { type MessageInit, type MessageType, Writer } from '@etcdkit/protocol'
import { messagePrefixBytes } from './framing.ts'

const writer = new Writer()

/** The framed message, valid until the next call of this function. Throws what `MessageType.write` throws. */
export function encodeFramed<T extends object>(
  type: MessageType<T>,
  message: MessageInit<T>,
): Uint8Array {
  writer.reset()
  writer.skip(messagePrefixBytes)
  type.write(writer, message)
  const framed = writer.view()
  const length = framed.length - messagePrefixBytes
  framed[0] = 0
  framed[1] = length >>> 24
  framed[2] = length >>> 16
  framed[3] = length >>> 8
  framed[4] = length
  return framed
}
