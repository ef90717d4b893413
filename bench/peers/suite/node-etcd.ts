// npm node-etcd, as its users call it.

import { createRequire } from 'node:module'
import type { OpenSuitePeer } from '../../suite/peer.ts'
import { type AnswerCallback, answerOf } from './callbacks.ts'

interface NodeEtcd {
  set(key: string, value: string, callback: AnswerCallback): void
  get(key: string, callback: AnswerCallback): void
  watchIndex(key: string, index: number, callback: AnswerCallback): void
}

export const open: OpenSuitePeer = async ({ endpoint, peers }) => {
  // It has no types; these are of its README.
  const Etcd = createRequire(peers)('node-etcd') as new (hosts: readonly string[]) => NodeEtcd
  const etcd = new Etcd([endpoint])
  return {
    put: async (key, value) =>
      (await answerOf((done) => etcd.set(key, value, done))).node.modifiedIndex,
    get: async (key) => (await answerOf((done) => etcd.get(key, done))).node.value,
    wait: (key, index) => answerOf((done) => etcd.watchIndex(key, index, done)),
    close: () => undefined,
  }
}
