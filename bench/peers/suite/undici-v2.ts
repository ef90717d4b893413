// `undici` alone with `JSON.parse`: the least a client of the v2 API can do.

import { Pool } from 'undici'
import type { OpenSuitePeer } from '../../suite/peer.ts'

interface Answer {
  readonly node: { readonly modifiedIndex: number; readonly value: string }
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

export const open: OpenSuitePeer = async ({ endpoint }) => {
  const pool = new Pool(endpoint)
  const call = async (
    method: 'GET' | 'PUT',
    path: string,
    body: string | null,
  ): Promise<Answer> => {
    const headers = body === null ? {} : form
    const { statusCode, body: answer } = await pool.request({ method, path, body, headers })
    const text = await answer.text()
    if (statusCode >= 300) throw new Error(`${statusCode} ${text}`)
    // What etcd answers.
    return JSON.parse(text) as Answer
  }
  return {
    put: async (key, value) => {
      const { node } = await call('PUT', `/v2/keys/${key}`, `value=${encodeURIComponent(value)}`)
      return node.modifiedIndex
    },
    get: async (key) => (await call('GET', `/v2/keys/${key}`, null)).node.value,
    wait: (key, index) => call('GET', `/v2/keys/${key}?wait=true&waitIndex=${index}`, null),
    close: () => pool.close(),
  }
}
