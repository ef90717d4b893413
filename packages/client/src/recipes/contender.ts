// A key in a queue of keys: each lives as long as its owner's lease, and the oldest is first.

import { EtcdError } from '@etcdkit/protocol'
import { noBytes } from '../v3/bytes.ts'
import { compare } from '../v3/compare.ts'
import type { KeyRange } from '../v3/key.ts'
import type { Lease } from '../v3/lease/lease.ts'
import { op } from '../v3/op.ts'
import { everything } from '../v3/range.ts'
import { compareBytes, keyText } from './key-order.ts'
import { persist } from './persist.ts'
import type { RecipeKeys } from './recipe-keys.ts'
import { waitForChange } from './wait-for-change.ts'

/** Where and as whom to queue. */
export interface Entrance {
  readonly keys: RecipeKeys
  /** The key, within `keys`. One that is there already with the same lease is taken over. */
  readonly name: string
  readonly lease: Lease
  readonly value: Uint8Array
}

/** When a key's turn has come: when fewer than `among` keys of `range` are older. */
export interface Turn {
  readonly range: KeyRange
  readonly among: number
}

/** The turn of a lock: when there is no older key at all. */
export const oldestOfAll: Turn = { range: everything, among: 1 }

/** The one whose turn it is. */
export const oldestFirst = { limit: 1, sort: 'createRevision', order: 'ascending' } as const

/** A key in a queue. The order is that of the revisions at which the keys came into being. */
export class Contender {
  readonly keys: RecipeKeys
  readonly name: string
  readonly lease: Lease
  /** The revision at which the key came into being: larger than that of every earlier holder. */
  readonly createRevision: number
  /** Whether there was no older key when this one was made. */
  readonly wasFirst: boolean
  /** Whether the key says what it was to say: one that was taken over may say something else. */
  readonly saysSo: boolean
  /** How often it was claimed, by those who share it. */
  claims = 0

  private constructor({ keys, name, lease }: Entrance, found: Found) {
    this.keys = keys
    this.name = name
    this.lease = lease
    this.createRevision = found.createRevision
    this.wasFirst = found.wasFirst
    this.saysSo = found.saysSo
  }

  /**
   * Joins the queue, in one transaction. An answer that is lost does no harm: asking again finds the key that was made,
   * by its name, so it is asked again until there is an answer or `signal` aborts.
   */
  static async enter(entrance: Entrance, signal: AbortSignal): Promise<Contender> {
    const { keys, name, lease, value } = entrance
    const answer = await persist(keys.clock, signal, () =>
      keys.txn(
        {
          if: [compare.createRevision(name).equals(0)],
          then: [op.put(name, value, { lease }), op.list(everything, oldestFirst)],
          else: [op.get(name), op.list(everything, oldestFirst)],
        },
        { signal, repeatable: true },
      ),
    )
    const oldest = answer.results[1].entries[0]?.createRevision
    const taken = answer.succeeded ? undefined : answer.results[0]
    const createRevision = answer.succeeded ? answer.revision : taken?.createRevision
    if (createRevision === undefined) throw expired(name)
    const saysSo = taken === undefined || compareBytes(taken.valueBytes, value) === 0
    return new Contender(entrance, { createRevision, wasFirst: oldest === createRevision, saysSo })
  }

  /** A key that is in the queue already, made by someone who is gone. */
  static adopt(entrance: Omit<Entrance, 'value'>, createRevision: number): Contender {
    const found = { createRevision, wasFirst: true, saysSo: true }
    return new Contender({ ...entrance, value: noBytes }, found)
  }

  /** Resolves when the key's turn has come. Rejects if the key is gone by then. */
  async waitForTurn(turn: Turn, signal: AbortSignal): Promise<void> {
    for (;;) {
      const { keys, revision } = await this.#older(turn, signal)
      if (keys.length < turn.among) return
      const [last = this.name] = keys
      const older = new Set(keys.map(keyText))
      // One key wakes one waiter: who waits for the oldest of all would be woken with everybody else.
      await waitForChange(this.keys, turn.among === 1 ? last : turn.range, {
        from: revision + 1,
        signal,
        only: 'delete',
        isWanted: ({ keyBytes }) => older.has(keyText(keyBytes)),
      })
    }
  }

  /** Whether the key's turn has come. Rejects if the key is gone. */
  async hasTurn(turn: Turn, signal: AbortSignal): Promise<boolean> {
    if (this.wasFirst) return true
    if (turn === oldestOfAll) return false
    return (await this.#older(turn, signal)).keys.length < turn.among
  }

  // The last ones before this key: as many as it takes to keep it waiting, and one more does not matter. In the same
  // transaction it is seen to be there itself: if it is gone, a later one may be first.
  async #older({ range, among }: Turn, signal: AbortSignal): Promise<Older> {
    const { keys, name, createRevision } = this
    const before = {
      maxCreateRevision: createRevision - 1,
      sort: 'createRevision',
      order: 'descending',
      limit: among === 1 ? 1 : 0,
      keysOnly: true,
    } as const
    const then = [op.list(range, before), op.get(name)] as const
    const { results, revision } = await persist(keys.clock, signal, () =>
      keys.txn({ then }, { signal, repeatable: true }),
    )
    const [older, own] = results
    // Without conditions there is always a list.
    if (older === undefined || own?.createRevision !== createRevision) throw expired(name)
    return { keys: older.entries.map(({ keyBytes }) => keyBytes), revision }
  }

  /** Leaves the queue. Rejects if the server could not be told; then `abandon`. */
  async withdraw(signal?: AbortSignal): Promise<void> {
    const { keys, name, createRevision } = this
    // Whatever has the name by now, if it is not this key it is not deleted: it may be asked twice.
    await keys.txn(
      { if: [compare.createRevision(name).equals(createRevision)], then: [op.delete(name)] },
      { signal, repeatable: true },
    )
  }

  /** Leaves the queue as soon as the server can be told, or when the lease ends. Never rejects. */
  async abandon(): Promise<void> {
    const { signal } = this.lease
    try {
      await persist(this.keys.clock, signal, () => this.withdraw(signal))
    } catch {
      // The lease has ended or will, and takes the key along; or nobody may delete it.
    }
  }
}

/** A key as it was found, or made. */
type Found = Pick<Contender, 'createRevision' | 'wasFirst' | 'saysSo'>

/** The keys before a key, the last one first, as of a revision. */
interface Older {
  readonly keys: readonly Uint8Array[]
  readonly revision: number
}

function expired(name: string): EtcdError {
  return new EtcdError(
    `the key ${JSON.stringify(name)} is gone, and the place in the queue with it`,
    {
      code: 'mutex-session-expired',
    },
  )
}
