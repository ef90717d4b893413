// A store and a clock to move, in the terms tests speak in: keys and values are text, a byte for each character.

import assert from 'node:assert/strict'
import {
  CompactionRequest,
  DeleteRangeRequest,
  type DeleteRangeResponse,
  EtcdError,
  type EtcdErrorCode,
  type Event,
  EventType,
  type KeyValue,
  LeaseGrantRequest,
  type LeaseGrantResponse,
  type MessageInit,
  PutRequest,
  type PutResponse,
  RangeRequest,
  type RangeResponse,
  TxnRequest,
  type TxnResponse,
  WatchCreateRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import { ManualClock } from '../../src/store/manual-clock.ts'
import type { StoreOptions } from '../../src/store/options.ts'
import { Store } from '../../src/store/store.ts'
import type { WatchStream } from '../../src/store/watch-stream.ts'

/** The bytes of some text. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** The text of some bytes. */
export function text(value: Uint8Array | undefined): string {
  return Array.from(value ?? [], (byte) => String.fromCharCode(byte)).join('')
}

/** A store of its own, closed at the end of the test; it must then have left no timer. */
export class World implements Disposable {
  readonly clock = new ManualClock(1000)
  readonly store: Store

  constructor(options: Omit<StoreOptions, 'clock'> = {}) {
    this.store = new Store({ clock: this.clock, random: () => 0, ...options })
  }

  put(key: string, value = '', options: MessageInit<PutRequest> = {}): PutResponse {
    const request = { key: bytes(key), value: bytes(value), ...options }
    return this.store.put(PutRequest.create(request))
  }

  range(key: string, rangeEnd = '', options: MessageInit<RangeRequest> = {}): RangeResponse {
    const request = { key: bytes(key), rangeEnd: bytes(rangeEnd), ...options }
    return this.store.range(RangeRequest.create(request))
  }

  delete(
    key: string,
    rangeEnd = '',
    options: MessageInit<DeleteRangeRequest> = {},
  ): DeleteRangeResponse {
    const request = { key: bytes(key), rangeEnd: bytes(rangeEnd), ...options }
    return this.store.deleteRange(DeleteRangeRequest.create(request))
  }

  txn(request: TxnRequestInit): TxnResponse {
    return this.store.txn(TxnRequest.create(request))
  }

  compact(revision: number): void {
    this.store.compact(CompactionRequest.create({ revision }))
  }

  grant(id: string, ttlSeconds: number): LeaseGrantResponse {
    return this.store.leaseGrant(LeaseGrantRequest.create({ ID: id, TTL: ttlSeconds }))
  }

  /** The live keys, as `key=value`. */
  contents(): string[] {
    return this.range('\0', '\0').kvs.map(({ key, value }) => `${text(key)}=${text(value)}`)
  }

  /** Opens a watch stream that takes all it is given. */
  watch(): Watching {
    return new Watching(this.store)
  }

  [Symbol.dispose](): void {
    this.store.close()
    assert.equal(this.clock.waiting, 0, 'the store left a timer')
  }
}

/** A txn in short. */
export type TxnRequestInit = MessageInit<TxnRequest>

type Op = NonNullable<TxnRequestInit['success']>[number]

/** Operations of a txn. */
export const op = {
  range: (key: string, rangeEnd = '', options: MessageInit<RangeRequest> = {}): Op => ({
    requestRange: { key: bytes(key), rangeEnd: bytes(rangeEnd), ...options },
  }),
  put: (key: string, value = '', options: MessageInit<PutRequest> = {}): Op => ({
    requestPut: { key: bytes(key), value: bytes(value), ...options },
  }),
  delete: (key: string, rangeEnd = '', options: MessageInit<DeleteRangeRequest> = {}): Op => ({
    requestDeleteRange: { key: bytes(key), rangeEnd: bytes(rangeEnd), ...options },
  }),
  txn: (requestTxn: TxnRequestInit): Op => ({ requestTxn }),
}

/** A watch stream and all it was told. */
export class Watching {
  readonly stream: WatchStream
  /** How many more answers are taken before the reader is full. */
  room = Number.POSITIVE_INFINITY
  readonly #taken: WatchResponse[] = []

  constructor(store: Store) {
    this.stream = store.watch((response) => {
      this.#taken.push(response)
      this.room -= 1
      return this.room > 0
    })
  }

  create(key: string, rangeEnd = '', options: MessageInit<WatchCreateRequest> = {}): void {
    const request = { key: bytes(key), rangeEnd: bytes(rangeEnd), ...options }
    this.stream.create(WatchCreateRequest.create(request))
  }

  /** Takes `room` more answers. */
  makeRoom(room = Number.POSITIVE_INFINITY): void {
    this.room = room
    this.stream.ready()
  }

  /** What was told since the last look. */
  take(): WatchResponse[] {
    return this.#taken.splice(0)
  }

  /** The same in short. */
  takeShort(): string[] {
    return this.take().map(short)
  }
}

/** An answer of a watch in a line: `#id @header what: events`. */
export function short(response: WatchResponse): string {
  const marks = [
    `#${response.watchId}`,
    `@${response.header?.revision}`,
    response.created ? 'created' : '',
    response.canceled ? 'canceled' : '',
    response.compactRevision !== 0 ? `compacted ${response.compactRevision}` : '',
    response.cancelReason,
    response.fragment ? 'fragment' : '',
    response.events.map(shortEvent).join(', '),
  ]
  return marks.filter((mark) => mark !== '').join(' ')
}

/** An event in short: `put key=value 5` or `delete key 6`, and what was before. */
export function shortEvent({ type, kv, prevKv }: Event): string {
  const value = type === EventType.PUT ? `=${text(kv?.value)}` : ''
  const previous = prevKv === undefined ? '' : ` (was ${shortEntry(prevKv)})`
  const what = type === EventType.PUT ? 'put' : 'delete'
  return `${what} ${text(kv?.key)}${value} ${kv?.modRevision}${previous}`
}

/** An entry in short: `key=value mod`. */
export function shortEntry(kv: KeyValue): string {
  return `${text(kv.key)}=${text(kv.value)} ${kv.modRevision}`
}

/** What the store refuses it with: a code of the error table, and a promise that nothing was done. */
export function refuses(code: EtcdErrorCode, run: () => unknown): void {
  assert.throws(run, (error) => {
    assert.ok(error instanceof EtcdError)
    assert.equal(error.code, code)
    assert.equal(error.outcome, 'not-applied')
    return true
  })
}
