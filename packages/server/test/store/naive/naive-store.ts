// A model of the store, of arrays and loops: slow, simple, and made in another way.

import type { EtcdErrorCode } from '@etcdkit/protocol'
import { KeyValue } from '@etcdkit/protocol'
import { bytes } from '../world.ts'
import type { CompareInit, OpInit, PutInit, RangeInit, TxnInit } from './commands.ts'
import { findDuplicate } from './naive-duplicates.ts'
import { byBytes, covers, type Draft, type Entry, NaiveState } from './naive-state.ts'

/** Refused, with that code. */
export class Refused extends Error {
  readonly code: EtcdErrorCode
  constructor(code: EtcdErrorCode) {
    super(code)
    this.code = code
  }
}

interface NaiveLease {
  readonly id: string
  readonly ttl: number
  expires: number
}

const checkEvery = 500

/** The model. Answers are plain data, as `answers.ts` makes them of the store's. */
export class NaiveStore {
  readonly state = new NaiveState()
  leases: NaiveLease[] = []
  now = 0
  readonly #maxTxnOps: number

  constructor(maxTxnOps: number) {
    this.#maxTxnOps = maxTxnOps
  }

  range(init: RangeInit): unknown {
    this.#checkRange(init)
    return this.#range(init, this.state.draft())
  }

  put(init: PutInit): unknown {
    this.#checkPut(init)
    this.#checkLease(init)
    this.#checkKept(init)
    return this.#commit((draft) => this.#put(init, draft))
  }

  delete(init: RangeInit): unknown {
    if (init.key === '') throw new Refused('empty-key')
    return this.#commit((draft) => this.#delete(init, draft))
  }

  txn(init: TxnInit): unknown {
    this.#checkTxn(init, this.#maxTxnOps)
    if (findDuplicate(init.success) || findDuplicate(init.failure)) {
      throw new Refused('duplicate-key')
    }
    const taken = this.#taken(init)
    taken.forEach(({ put }, place) => {
      if (put === undefined) return
      this.#checkKept(put)
      const before = taken.slice(0, place).flatMap((each) => each.delete ?? [])
      const gone = before.some(({ key, rangeEnd }) => covers(key, rangeEnd, put.key))
      if ((put.ignoreValue || put.ignoreLease) && gone) throw new Refused('key-not-found')
      this.#checkLease(put)
    })
    for (const { range } of taken) {
      if (range?.revision === undefined) continue
      if (range.revision > this.state.revision) throw new Refused('future-revision')
      if (range.revision < this.state.compacted && range.revision !== 0) {
        throw new Refused('compacted')
      }
    }
    return this.#commit((draft) => this.#txn(init, draft, false))
  }

  compact(revision: number): unknown {
    if (revision <= this.state.compacted) throw new Refused('compacted')
    if (revision > this.state.revision) throw new Refused('future-revision')
    this.state.compacted = revision
    return { revision: this.state.revision }
  }

  grant(id: string, ttl: number): unknown {
    if (this.leases.some((lease) => lease.id === id)) throw new Refused('lease-exists')
    const effective = Math.max(ttl, 2)
    this.leases.push({ id, ttl: effective, expires: this.now + effective * 1000 })
    return { id, ttl: effective, revision: this.state.revision }
  }

  revoke(id: string): unknown {
    if (!this.leases.some((lease) => lease.id === id)) throw new Refused('lease-not-found')
    this.leases = this.leases.filter((lease) => lease.id !== id)
    return this.#commit((draft) => {
      for (const { key, lease } of draft.entries) if (lease === id) draft.delete(key)
      return { revision: draft.revision }
    })
  }

  keepAlive(id: string): unknown {
    const lease = this.leases.find((each) => each.id === id)
    if (lease !== undefined && lease.expires <= this.now) this.revoke(id)
    else if (lease !== undefined) lease.expires = this.now + lease.ttl * 1000
    const alive = this.leases.find((each) => each.id === id)
    return { id, ttl: alive?.ttl ?? 0, revision: this.state.revision }
  }

  timeToLive(id: string): unknown {
    const lease = this.leases.find((each) => each.id === id)
    const { revision } = this.state
    if (lease === undefined) return { id, ttl: -1, granted: 0, keys: [], revision }
    const ttl = Math.max(0, Math.floor((lease.expires - this.now) / 1000))
    const keys = this.#live().filter((entry) => entry.lease === id)
    return { id, ttl, granted: lease.ttl, keys: keys.map(({ key }) => key), revision }
  }

  leaseList(): unknown {
    const leases = [...this.leases].sort((a, b) => a.expires - b.expires)
    return { ids: leases.map(({ id }) => id), revision: this.state.revision }
  }

  advance(ms: number): void {
    const until = this.now + ms
    while (this.now < until) {
      this.now += 1
      if (this.now % checkEvery !== 0) continue
      const due = this.leases.filter((lease) => lease.expires <= this.now)
      for (const { id } of due.sort((a, b) => a.expires - b.expires)) this.revoke(id)
    }
  }

  /** As `reference/server-v3.md` section 11 has it, with a checksum made bit by bit. */
  hash(revision: number): unknown {
    const { compacted, changes } = this.state
    const newest = revision === 0 ? this.state.revision : revision
    if (newest > this.state.revision) throw new Refused('future-revision')
    if (newest >= 0 && newest < compacted) throw new Refused('compacted')
    const parts = ['key']
    let sub = 0
    // Found out with 3.5.30: what was compacted is counted up to the revision, if there is anything at that.
    const until = this.state.at(newest).length === 0 ? compacted : newest
    changes.forEach((change, index) => {
      sub = changes[index - 1]?.revision === change.revision ? sub + 1 : 0
      const later = changes.slice(index + 1)
      const superseded = later.some((each) => each.key === change.key && each.revision <= until)
      if (change.revision > newest) return
      if (change.revision <= compacted && (superseded || change.entry === undefined)) return
      parts.push(storedForm(change.revision, sub, change.key, change.entry))
    })
    return { hash: bitwiseCrc32c(parts.join('')), compacted, at: newest }
  }

  #live(): Entry[] {
    return this.state.at(this.state.revision)
  }

  #commit<T>(change: (draft: Draft) => T): T {
    const draft = this.state.draft()
    const answer = change(draft)
    draft.commit()
    return answer
  }

  #range(init: RangeInit, draft: Draft): unknown {
    const { revision = 0, limit = 0, sortOrder = 0, sortTarget = 0 } = init
    if (revision > this.state.revision) throw new Refused('future-revision')
    if (revision > 0 && revision < this.state.compacted) throw new Refused('compacted')
    const snapshot = revision > 0 ? this.state.at(revision) : draft.entries
    const all = snapshot.filter(({ key }) => covers(init.key, init.rangeEnd, key))
    const count = all.length
    if (init.countOnly) return { revision: draft.revision, entries: [], more: false, count }
    let found = all.filter((entry) => this.#passes(init, entry))
    const filtered =
      init.minMod !== 0 || init.maxMod !== 0 || init.minCreate !== 0 || init.maxCreate !== 0
    // Without an order and filters, the limit comes before the target.
    if (sortOrder === 0 && !filtered && limit > 0) found = found.slice(0, limit + 1)
    const { length } = found
    found = sorted(found, sortOrder, sortTarget)
    const more = limit > 0 && length > limit
    const shown = more ? found.slice(0, limit) : found
    const entries = init.keysOnly ? shown.map((entry) => ({ ...entry, value: '' })) : shown
    return { revision: draft.revision, entries, more, count }
  }

  #passes(init: RangeInit, { mod, create }: Entry): boolean {
    if (init.minMod !== 0 && mod < init.minMod) return false
    if (init.maxMod !== 0 && mod > init.maxMod) return false
    if (init.minCreate !== 0 && create < init.minCreate) return false
    return init.maxCreate === 0 || create <= init.maxCreate
  }

  #put(init: PutInit, draft: Draft): unknown {
    const old = draft.find(init.key)
    const value = init.ignoreValue ? (old?.value ?? '') : init.value
    const lease = init.ignoreLease ? (old?.lease ?? '0') : init.lease
    draft.put(init.key, value, lease)
    return { revision: draft.revision, previous: init.prevKv ? old : undefined }
  }

  #delete(init: RangeInit, draft: Draft): unknown {
    const found = draft.entries.filter(({ key }) => covers(init.key, init.rangeEnd, key))
    for (const { key } of found) draft.delete(key)
    const previous = init.prevKv ? found : []
    return { revision: draft.revision, deleted: found.length, previous }
  }

  #txn(init: TxnInit, draft: Draft, nested: boolean): unknown {
    const succeeded = this.#holds(init)
    const answers = (succeeded ? init.success : init.failure).map((each) => {
      if (each.range !== undefined) return this.#range(each.range, draft)
      if (each.put !== undefined) return this.#put(each.put, draft)
      if (each.delete !== undefined) return this.#delete(each.delete, draft)
      return each.txn === undefined ? undefined : this.#txn(each.txn, draft, true)
    })
    return { revision: nested ? 0 : draft.revision, succeeded, answers }
  }

  /** The operations that will be done, nested ones too. */
  #taken(init: TxnInit): OpInit[] {
    const branch = this.#holds(init) ? init.success : init.failure
    return branch.flatMap((each) => (each.txn === undefined ? [each] : this.#taken(each.txn)))
  }

  #holds(init: TxnInit): boolean {
    return init.compare.every((compare) => {
      const found = this.#live().filter(({ key }) => covers(compare.key, compare.rangeEnd, key))
      const absent = { key: '', value: undefined, create: 0, mod: 0, version: 0, lease: '0' }
      return (found.length === 0 ? [absent] : found).every((entry) => compares(compare, entry))
    })
  }

  #checkRange(init: RangeInit): void {
    if (init.key === '') throw new Refused('empty-key')
    if ((init.sortOrder ?? 0) > 2 || (init.sortTarget ?? 0) > 4) {
      throw new Refused('invalid-sort-option')
    }
  }

  #checkPut(init: PutInit): void {
    if (init.key === '') throw new Refused('empty-key')
    if (init.ignoreValue && init.value !== '') throw new Refused('value-provided')
    if (init.ignoreLease && init.lease !== '0') throw new Refused('lease-provided')
  }

  #checkLease({ lease }: PutInit): void {
    if (lease !== '0' && !this.leases.some(({ id }) => id === lease)) {
      throw new Refused('lease-not-found')
    }
  }

  #checkKept(init: PutInit): void {
    const there = this.#live().some(({ key }) => key === init.key)
    if ((init.ignoreValue || init.ignoreLease) && !there) throw new Refused('key-not-found')
  }

  #checkTxn(init: TxnInit, budget: number): void {
    const most = Math.max(init.compare.length, init.success.length, init.failure.length)
    if (most > budget) throw new Refused('too-many-ops')
    if (init.compare.some(({ key }) => key === '')) throw new Refused('empty-key')
    for (const each of [...init.success, ...init.failure]) {
      if (each.range !== undefined) this.#checkRange(each.range)
      else if (each.put !== undefined) this.#checkPut(each.put)
      else if (each.delete?.key === '') throw new Refused('empty-key')
      else if (each.txn !== undefined) this.#checkTxn(each.txn, budget - most)
      else if (each.delete === undefined) throw new Refused('key-not-found')
    }
  }
}

function sorted(entries: Entry[], order: number, target: number): Entry[] {
  if (target === 0) return order === 2 ? [...entries].reverse() : entries
  const direction = order === 2 ? -1 : 1
  return entries
    .map((entry, place) => ({ entry, place }))
    .sort((a, b) => direction * compareBy(target, a.entry, b.entry) || a.place - b.place)
    .map(({ entry }) => entry)
}

function compareBy(target: number, a: Entry, b: Entry): number {
  if (target === 1) return a.version - b.version
  if (target === 2) return a.create - b.create
  return target === 3 ? a.mod - b.mod : byBytes(a.value, b.value)
}

function compares(
  compare: CompareInit,
  entry: Omit<Entry, 'value'> & { readonly value: string | undefined },
): boolean {
  const { target, operand } = compare
  if (target === 3 && entry.value === undefined) return false
  const held = [entry.version, entry.create, entry.mod, 0, Number(entry.lease)][target] ?? 0
  const order = target === 3 ? byBytes(entry.value ?? '', String(operand)) : held - operand
  return [order === 0, order > 0, order < 0, order !== 0][compare.result] ?? true
}

function storedForm(revision: number, sub: number, key: string, entry: Entry | undefined): string {
  const place = Buffer.alloc(17, '_')
  place.writeBigUInt64BE(BigInt(revision), 0)
  place.writeBigUInt64BE(BigInt(sub), 9)
  const kv = {
    key: bytes(key),
    createRevision: entry?.create,
    modRevision: entry?.mod,
    version: entry?.version,
    value: entry && bytes(entry.value),
    lease: entry?.lease,
  }
  const stored = Buffer.from(KeyValue.encode(kv)).toString('latin1')
  return `${place.toString('latin1')}${entry === undefined ? 't' : ''}${stored}`
}

function bitwiseCrc32c(text: string): number {
  let crc = 0xffffffff
  for (const byte of Buffer.from(text, 'latin1')) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
  }
  return ~crc >>> 0
}
