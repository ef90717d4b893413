// `undici` alone with `JSON.stringify` and `JSON.parse`: the least a client of the JSON gateway can do.

import { Pool } from 'undici'
import type { OpenSuitePeer } from '../../suite/peer.ts'

interface RangeAnswer {
  readonly kvs?: readonly { readonly value?: string }[]
}

export const open: OpenSuitePeer = async ({ endpoint }) => {
  const pool = new Pool(endpoint)
  const base64 = (text: string): string => Buffer.from(text).toString('base64')
  const call = async (path: string, message: object): Promise<unknown> => {
    const body = JSON.stringify(message)
    const headers = { 'content-type': 'application/json' }
    const { statusCode, body: answer } = await pool.request({ method: 'POST', path, body, headers })
    const text = await answer.text()
    if (statusCode !== 200) throw new Error(`${statusCode} ${text}`)
    return JSON.parse(text)
  }
  return {
    put: (key, value) => call('/v3/kv/put', { key: base64(key), value: base64(value) }),
    get: async (key) => {
      // What the gateway answers.
      const { kvs = [] } = (await call('/v3/kv/range', { key: base64(key) })) as RangeAnswer
      return Buffer.from(kvs[0]?.value ?? '', 'base64').toString()
    },
    close: () => pool.close(),
  }
}
