// Keys as results tell them outside of entries: text where they are text.

import { decodeUtf8 } from '@etcdkit/protocol'
import type { Key } from './key.ts'

/** The text of a key, or its bytes where it is not UTF-8. Either way every verb takes it. */
export function readableKey(bytes: Uint8Array): Key {
  try {
    return decodeUtf8(bytes)
  } catch {
    return bytes
  }
}
