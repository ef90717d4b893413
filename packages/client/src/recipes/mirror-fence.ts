// The key that every write of a mirror is guarded by, and changes: a write that arrives late, after what came next, is
// refused. It lives as long as the mirror does.

import { EtcdError, encodeUtf8 } from '@etcdkit/protocol'
import { concatBytes } from '../v3/bytes.ts'
import { compare } from '../v3/compare.ts'
import type { KeyRange } from '../v3/key.ts'
import { type DeleteOp, op, type PutOp } from '../v3/op.ts'
import { compareBytes } from './key-order.ts'
import { persist } from './persist.ts'
import { type RecipeKeys, randomName } from './recipe-keys.ts'
import type { Session } from './session.ts'
import { underSession } from './under-session.ts'

const keyPrefix = '__mirror/'
const ttlSeconds = 30
/** What the end of a mirror may wait for its key to be gone; else that ends with its lease. */
const lowerMs = 1000

interface FenceParts {
  readonly keys: RecipeKeys
  readonly key: Uint8Array
  readonly session: Session
  readonly name: string
  /** Ends the asking again. */
  readonly signal: AbortSignal
}

/** A fence. A second one at the same place takes it over, and the first one's writes are refused from then on. */
export class MirrorFence implements AsyncDisposable {
  /** Its key, `__mirror/<start of the range>`, within the keyspace. */
  readonly key: Uint8Array
  readonly #parts: FenceParts
  /** The revision of the last write. */
  #revision: number
  #writes = 0

  private constructor(parts: FenceParts, revision: number) {
    this.key = parts.key
    this.#parts = parts
    this.#revision = revision
  }

  static async raise(
    keys: RecipeKeys,
    { start }: KeyRange,
    signal: AbortSignal,
  ): Promise<MirrorFence> {
    const key = concatBytes(encodeUtf8(keyPrefix), start)
    return underSession({ keys, options: { ttlSeconds }, signal }, async (session) => {
      const parts = { keys, key, session, name: randomName(), signal }
      return new MirrorFence(parts, await take(parts))
    })
  }

  /** Writes, once: an answer that is lost is made good by asking again, and finding it done. */
  async write(ops: readonly (PutOp<Uint8Array> | DeleteOp)[]): Promise<void> {
    const { keys, key, session, name, signal } = this.#parts
    const value = encodeUtf8(`${name} ${++this.#writes}`)
    const answer = await persist(keys.clock, signal, () =>
      keys.txn(
        {
          if: [compare.modRevision(key).equals(this.#revision)],
          then: [op.put(key, value, { lease: session.lease }), ...ops],
          else: [op.get(key)],
        },
        { repeatable: true },
      ),
    )
    const found = answer.succeeded ? undefined : answer.results[0]
    const isDone = found !== undefined && compareBytes(found.valueBytes, value) === 0
    if (!answer.succeeded && !isDone) {
      const fact = found === undefined ? 'its lease has ended' : 'somebody else mirrors there'
      throw new EtcdError(`the target is lost: ${fact}`, { code: 'aborted' })
    }
    this.#revision = found?.modRevision ?? answer.revision
  }

  /** Never rejects. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#parts.session.close({ timeoutMs: lowerMs }).catch(() => undefined)
  }
}

/** Takes the place, from whoever has it. Resolves with the revision. */
async function take({ keys, key, session, name, signal }: FenceParts): Promise<number> {
  const value = encodeUtf8(name)
  for (;;) {
    const before = (await keys.get(key, { signal }))?.modRevision ?? 0
    const answer = await keys.txn(
      {
        if: [compare.modRevision(key).equals(before)],
        then: [op.put(key, value, { lease: session.lease })],
        else: [op.get(key)],
      },
      { repeatable: true, signal },
    )
    if (answer.succeeded) return answer.revision
    const [found] = answer.results
    // An answer was lost, and it was done already.
    if (found !== undefined && compareBytes(found.valueBytes, value) === 0) return found.modRevision
  }
}
