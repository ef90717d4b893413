// Which operation of the store a request for a key is.

import type { V2Event } from '../tree/event.ts'
import type { Condition, Content, V2Store } from '../tree/store.ts'
import type { KeyRequest } from './key-request.ts'

/** Does what a request asks, waiting apart. Throws `V2Error`. Source: etcd `etcdserver/apply_v2.go`. */
export function applyKeyRequest(store: V2Store, request: KeyRequest): V2Event {
  switch (request.method) {
    case 'PUT':
      return put(store, request)
    case 'POST':
      return store.createInOrder(request.path, made(store, request))
    case 'DELETE':
      return isConditional(request)
        ? store.compareAndDelete(request.path, conditionOf(request))
        : store.delete(request.path, request)
    default:
      return store.get(request.path, request)
  }
}

/** Whether a request would be an entry of etcd's log. */
export function isProposal({ method, quorum }: KeyRequest): boolean {
  return method === 'GET' ? quorum : method !== 'HEAD'
}

function put(store: V2Store, request: KeyRequest): V2Event {
  const { path, prevExist } = request
  if (prevExist === false) return store.create(path, made(store, request))
  if (isConditional(request)) {
    return store.compareAndSwap(path, conditionOf(request), written(store, request))
  }
  return prevExist
    ? store.update(path, written(store, request))
    : store.set(path, made(store, request))
}

function isConditional({ prevIndex, prevValue }: KeyRequest): boolean {
  return prevIndex > 0n || prevValue !== ''
}

function conditionOf({ prevIndex, prevValue }: KeyRequest): Condition {
  return { prevIndex, prevValue }
}

/** What a new node has: a directory has no value. */
function made(store: V2Store, request: KeyRequest): Content {
  const { value, ...rest } = written(store, request)
  return request.dir ? rest : { value, ...rest }
}

function written(store: V2Store, { value, isRefresh, ttlSeconds }: KeyRequest): Content {
  return { value, isRefresh, expiresAtMs: expiryAt(store.nowMs, ttlSeconds) }
}

/** When a time to live is over. As in etcd, in nanoseconds of 64 bits, which one of centuries wraps round. */
function expiryAt(nowMs: number, ttlSeconds: bigint | undefined): number | undefined {
  if (ttlSeconds === undefined) return undefined
  const ttlNs = BigInt.asIntN(64, ttlSeconds * 1_000_000_000n)
  const nowNs = BigInt(Math.floor(nowMs)) * 1_000_000n
  const wrapped = BigInt.asIntN(64, nowNs + ttlNs) - nowNs
  return nowMs + Number(wrapped / 1_000_000n)
}
