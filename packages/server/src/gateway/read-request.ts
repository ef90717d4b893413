// A request out of its JSON, as etcd's gateway reads it.

import { DecodeError, type MessageType } from '@etcdkit/protocol'
import { parseJson } from './parse-json.ts'
import { tooLarge, wrongRequest } from './request-error.ts'

/** A request, and how many bytes it takes as a message of gRPC. */
export interface ReadRequest {
  readonly request: object
  readonly bytes: number
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Reads one. Unknown fields and unknown names of enums are ignored. Throws `StatusError` naming the field and what is
 * wrong with it, or that the message is larger than `maxBytes`.
 */
export function readRequest(
  type: MessageType<object>,
  json: Uint8Array,
  maxBytes: number,
): ReadRequest {
  const request = decode(type, json)
  const bytes = type.encode(request).length
  if (bytes > maxBytes) throw tooLarge(bytes, maxBytes)
  return { request, bytes }
}

function decode(type: MessageType<object>, json: Uint8Array): object {
  try {
    return type.fromJson(parseJson(utf8.decode(json)), { unknownEnumNames: 'ignore' })
  } catch (error) {
    if (error instanceof DecodeError) throw wrongRequest(error.message)
    if (error instanceof TypeError) throw wrongRequest('the JSON is not UTF-8')
    throw error
  }
}
