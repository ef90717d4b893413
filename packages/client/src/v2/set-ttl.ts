// Another time to live for what is there: v2 has no call for it, so that it is read and written back as it was.

import type { V2Connection } from './connection.ts'
import { objectOf } from './node.ts'
import type { V2Answer } from './v2-answer.ts'
import { EtcdV2Error } from './v2-error.ts'
import { encodeFields, type V2CallOptions } from './verb-options.ts'

const maxAttempts = 16
const compareFailed = 101

/** What gets another time to live. */
export interface TtlTarget {
  /** For messages. */
  readonly action: string
  readonly path: string
  readonly options: V2CallOptions | undefined
}

/** Resolves with the answer to the write that nobody else's came before; `null`: no time to live. */
export async function setTtl(
  connection: V2Connection,
  target: TtlTarget,
  ttlSeconds: number | null,
): Promise<V2Answer> {
  const ttl = ttlSeconds ?? ''
  const path = `${target.path}?quorum=true`
  for (let attempt = 1; ; attempt++) {
    const read = await connection.send({ ...target, method: 'GET', path, needsLeader: true })
    // What it is worth to others is theirs to check: it goes back as it came.
    const { node } = objectOf(read) as {
      node?: { dir?: boolean; value?: string; modifiedIndex?: number }
    }
    const fields =
      node?.dir === true
        ? { dir: true, prevExist: true, ttl }
        : { value: node?.value, prevIndex: node?.modifiedIndex, prevExist: true, ttl }
    try {
      return await connection.send({ ...target, method: 'PUT', body: encodeFields(fields) })
    } catch (error) {
      const wasChanged = error instanceof EtcdV2Error && error.errorCode === compareFailed
      if (!wasChanged || attempt >= maxAttempts) throw error
    }
  }
}
