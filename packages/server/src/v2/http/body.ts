// Reads the body of a request, up to a limit.

import type { Readable } from 'node:stream'

/** The largest body that is read: 10 MiB, what Go takes of a form. */
const maxBytes = 10 * 1024 ** 2

/** The body; `undefined` when it is larger than 10 MiB or the client went away in the middle. */
export function readBody(source: Readable): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const settle = (body: Buffer | undefined): void => {
      source.off('data', take)
      resolve(body)
    }
    const take = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > maxBytes) settle(undefined)
      else chunks.push(chunk)
    }
    source.on('data', take)
    source.once('end', () => settle(Buffer.concat(chunks)))
    source.once('close', () => settle(undefined))
  })
}
