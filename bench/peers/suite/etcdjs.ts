// npm etcdjs, as its users call it.

import { createRequire } from 'node:module'
import type { OpenSuitePeer } from '../../suite/peer.ts'
import { type AnswerCallback, answerOf } from './callbacks.ts'

interface Etcdjs {
  set(key: string, value: string, callback: AnswerCallback): void
  get(key: string, callback: AnswerCallback): void
  wait(key: string, options: { waitIndex: number }, callback: AnswerCallback): void
  destroy(): void
}

// It has no types; these are of its README.
const etcdjs = createRequire(import.meta.url)('etcdjs') as (host: string) => Etcdjs

export const open: OpenSuitePeer = async ({ endpoint }) => {
  const etcd = etcdjs(endpoint)
  return {
    put: async (key, value) =>
      (await answerOf((done) => etcd.set(key, value, done))).node.modifiedIndex,
    get: async (key) => (await answerOf((done) => etcd.get(key, done))).node.value,
    wait: (key, waitIndex) => answerOf((done) => etcd.wait(key, { waitIndex }, done)),
    close: () => etcd.destroy(),
  }
}
