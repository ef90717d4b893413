// The least that gRPC takes on `node:http2`: a stream a call, frames by hand, our codecs.

import { once } from 'node:events'
import { connect } from 'node:http2'
import { KV, type MessageInit, type UnaryMethod } from '@etcdkit/protocol'
import type { OpenPeer } from '../support/peer.ts'

export const open: OpenPeer = async (endpoint) => {
  const session = connect(`http://${endpoint}`)
  await once(session, 'connect')

  function call<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: MessageInit<I>,
  ): Promise<O> {
    return new Promise((resolve, reject) => {
      const message = method.input.encode(request)
      const body = Buffer.allocUnsafe(5 + message.length)
      body[0] = 0
      body.writeUInt32BE(message.length, 1)
      body.set(message, 5)
      const stream = session.request({
        ':method': 'POST',
        ':path': method.path,
        te: 'trailers',
        'content-type': 'application/grpc',
      })
      const chunks: Buffer[] = []
      let status: unknown
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('trailers', (trailers) => {
        status = trailers['grpc-status']
      })
      stream.on('error', reject)
      stream.on('end', () => {
        const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
        if (status !== '0' || bytes === undefined)
          reject(new Error(`grpc-status ${String(status)}`))
        else resolve(method.output.decode(bytes.subarray(5)))
      })
      stream.end(body)
    })
  }

  return {
    put: (key, value) => call(KV.put, { key, value }),
    get: (key) => call(KV.range, { key }),
    range: async (key, rangeEnd) => {
      const { kvs } = await call(KV.range, { key, rangeEnd })
      return kvs.reduce((count, kv) => (kv.value.length > 0 ? count + 1 : count), 0)
    },
    close: () => new Promise((resolve) => session.close(() => resolve())),
  }
}
