// What the store answers, as plain data to compare with the model's.

import assert from 'node:assert/strict'
import {
  type CompareTarget,
  type DeleteRangeResponse,
  EtcdError,
  type KeyValue,
  type MessageInit,
  PutRequest,
  type PutResponse,
  RangeRequest,
  type RangeResponse,
  type ResponseOp,
  TxnRequest,
  type TxnResponse,
} from '@etcdkit/protocol'
import { bytes, text, type World } from '../world.ts'
import type { Command, CompareInit, OpInit, PutInit, RangeInit, TxnInit } from './commands.ts'
import type { Entry } from './naive-state.ts'
import { type NaiveStore, Refused } from './naive-store.ts'

/** An entry of the store as one of the model. */
export function entryOf(kv: KeyValue): Entry {
  return {
    key: text(kv.key),
    value: text(kv.value),
    create: kv.createRevision,
    mod: kv.modRevision,
    version: kv.version,
    lease: kv.lease,
  }
}

/** What `run` answers, or the code it is refused with. */
export function outcome(run: () => unknown): unknown {
  try {
    return run()
  } catch (error) {
    if (error instanceof EtcdError || error instanceof Refused) return { refused: error.code }
    throw error
  }
}

/** Does a request to the store and to the model; the answers must be equal. */
export function compareAnswers(world: World, naive: NaiveStore, command: Command): void {
  const expected = outcome(() => askNaive(naive, command))
  assert.deepEqual(
    outcome(() => askStore(world, command)),
    expected,
    JSON.stringify(command),
  )
  assert.equal(world.store.revision, naive.state.revision)
}

function askNaive(naive: NaiveStore, command: Command): unknown {
  switch (command.kind) {
    case 'put':
      return naive.put(command.put)
    case 'range':
      return naive.range(command.range)
    case 'delete':
      return naive.delete(command.range)
    case 'txn':
      return naive.txn(command.txn)
    case 'compact':
      return naive.compact(command.revision)
    case 'hash':
      return naive.hash(command.revision)
    case 'grant':
      return naive.grant(command.id, command.ttl)
    case 'revoke':
      return naive.revoke(command.id)
    case 'keepAlive':
      return naive.keepAlive(command.id)
    case 'timeToLive':
      return naive.timeToLive(command.id)
    case 'leases':
      return naive.leaseList()
    case 'advance':
      return naive.advance(command.ms)
    default:
      return undefined
  }
}

function askStore(world: World, command: Command): unknown {
  const { store } = world
  switch (command.kind) {
    case 'put':
      return putAnswer(store.put(PutRequest.create(putRequest(command.put))))
    case 'range':
      return rangeAnswer(store.range(RangeRequest.create(rangeRequest(command.range))))
    case 'delete': {
      const { key, rangeEnd, prevKv } = command.range
      return deleteAnswer(world.delete(key, rangeEnd, { prevKv }))
    }
    case 'txn':
      return txnAnswer(store.txn(TxnRequest.create(txnRequest(command.txn))))
    case 'compact': {
      const { header } = store.compact({ revision: command.revision, physical: false })
      return { revision: header?.revision }
    }
    case 'hash': {
      const { hash, compactRevision, hashRevision } = store.hashKv(command.revision)
      return { hash, compacted: compactRevision, at: hashRevision }
    }
    case 'advance':
      return world.clock.advance(command.ms)
    default:
      return askLeases(world, command)
  }
}

function askLeases({ store }: World, command: Command): unknown {
  switch (command.kind) {
    case 'grant': {
      const { ID, TTL, header } = store.leaseGrant({ ID: command.id, TTL: command.ttl })
      return { id: ID, ttl: TTL, revision: header?.revision }
    }
    case 'revoke':
      return { revision: store.leaseRevoke({ ID: command.id }).header?.revision }
    case 'keepAlive': {
      const { ID, TTL, header } = store.leaseKeepAlive({ ID: command.id })
      return { id: ID, ttl: TTL, revision: header?.revision }
    }
    case 'timeToLive': {
      const { header, ID, TTL, grantedTTL, keys } = store.leaseTimeToLive({
        ID: command.id,
        keys: true,
      })
      const revision = header?.revision
      return { id: ID, ttl: TTL, granted: grantedTTL, keys: keys.map(text), revision }
    }
    case 'leases': {
      const { header, leases } = store.leaseLeases()
      return { ids: leases.map(({ ID }) => ID), revision: header?.revision }
    }
    default:
      return undefined
  }
}

function rangeAnswer({ header, kvs, more, count }: RangeResponse): unknown {
  return { revision: header?.revision, entries: kvs.map(entryOf), more, count }
}

function putAnswer({ header, prevKv }: PutResponse): unknown {
  return { revision: header?.revision, previous: prevKv && entryOf(prevKv) }
}

function deleteAnswer({ header, deleted, prevKvs }: DeleteRangeResponse): unknown {
  return { revision: header?.revision, deleted, previous: prevKvs.map(entryOf) }
}

function txnAnswer({ header, succeeded, responses }: TxnResponse): unknown {
  return { revision: header?.revision, succeeded, answers: responses.map(opAnswer) }
}

function opAnswer(response: ResponseOp): unknown {
  if (response.responseRange !== undefined) return rangeAnswer(response.responseRange)
  if (response.responsePut !== undefined) return putAnswer(response.responsePut)
  if (response.responseDeleteRange !== undefined) return deleteAnswer(response.responseDeleteRange)
  return response.responseTxn && txnAnswer(response.responseTxn)
}

function rangeRequest(init: RangeInit): MessageInit<RangeRequest> {
  const { minMod, maxMod, minCreate, maxCreate, prevKv: _, ...rest } = init
  return {
    ...rest,
    key: bytes(init.key),
    rangeEnd: bytes(init.rangeEnd),
    minModRevision: minMod,
    maxModRevision: maxMod,
    minCreateRevision: minCreate,
    maxCreateRevision: maxCreate,
  }
}

function putRequest(init: PutInit): MessageInit<PutRequest> {
  return { ...init, key: bytes(init.key), value: bytes(init.value) }
}

function txnRequest(init: TxnInit): MessageInit<TxnRequest> {
  return {
    compare: init.compare.map(compareRequest),
    success: init.success.map(opRequest),
    failure: init.failure.map(opRequest),
  }
}

function opRequest(init: OpInit): NonNullable<MessageInit<TxnRequest>['success']>[number] {
  const { range, put, delete: deletion, txn } = init
  if (range !== undefined) return { requestRange: rangeRequest(range) }
  if (put !== undefined) return { requestPut: putRequest(put) }
  if (deletion !== undefined) {
    const { key, rangeEnd, prevKv } = deletion
    return { requestDeleteRange: { key: bytes(key), rangeEnd: bytes(rangeEnd), prevKv } }
  }
  return txn === undefined ? {} : { requestTxn: txnRequest(txn) }
}

function compareRequest({ key, rangeEnd, target, result, operand }: CompareInit) {
  const operands = [
    { version: operand },
    { createRevision: operand },
    { modRevision: operand },
    { value: bytes(String(operand)) },
    { lease: String(operand) },
  ]
  const range = { key: bytes(key), rangeEnd: bytes(rangeEnd) }
  return { ...range, target: target as CompareTarget, result, ...operands[target] }
}
