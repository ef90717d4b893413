// Cuts an answer of a watch that is too large into fragments, as etcd's `sendFragments` does.

import {
  Event,
  type WatchResponse,
  WatchResponse as WatchResponseType,
  Writer,
} from '@etcdkit/protocol'

/** The answer in pieces that stay below `maxBytes`, as far as events go whole; all but the last say that more follows. */
export function fragmentsOf(response: WatchResponse, maxBytes: number): readonly WatchResponse[] {
  const { events } = response
  if (events.length < 2) return [response]
  const writer = new Writer()
  WatchResponseType.write(writer, { ...response, events: [] })
  const headBytes = writer.length
  const sizes = events.map((event) => fieldBytes(writer, event))
  const total = sizes.reduce((sum, size) => sum + size, headBytes)
  if (total < maxBytes) return [response]
  // The mark that more follows takes two bytes.
  const ends = cuts(sizes, maxBytes - headBytes - 2)
  return ends.map((end, index) => ({
    ...response,
    events: events.slice(ends[index - 1] ?? 0, end),
    fragment: end < events.length,
  }))
}

/** Where to cut, so that the sizes in between sum up to less than `limit`, but for single ones. */
function cuts(sizes: readonly number[], limit: number): number[] {
  const ends: number[] = []
  let sum = 0
  sizes.forEach((size, index) => {
    if (sum > 0 && sum + size >= limit) {
      ends.push(index)
      sum = 0
    }
    sum += size
  })
  return [...ends, sizes.length]
}

/** Bytes of an event within a response: a tag, its length, and itself. */
function fieldBytes(writer: Writer, event: Event): number {
  writer.reset()
  Event.write(writer, event)
  const { length } = writer
  let lengthBytes = 1
  for (let rest = length; rest >= 0x80; rest = Math.floor(rest / 0x80)) lengthBytes += 1
  return 1 + lengthBytes + length
}
