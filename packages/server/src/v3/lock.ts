// The Lock service: who has the oldest key under a name holds its lock. Source: etcd `server/etcdserver/api/v3lock`.

import {
  DeleteRangeRequest,
  Lock,
  type LockRequest,
  type LockResponse,
  type ResponseHeader,
  type TxnResponse,
} from '@etcdkit/protocol'
import { Claims, claimKey, oldestUnder, prefixOf } from './claim.ts'
import { type CallContext, type Service, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { refusal } from './status.ts'
import { quietly, withUnknownErrors } from './unknown-errors.ts'

/** Lock, Unlock. */
export function lockServices(core: ServiceCore): readonly Service[] {
  return [
    unary(Lock.lock, (request, context) => withUnknownErrors(() => lock(core, request, context))),
    unary(Lock.unlock, ({ key }, context) =>
      withUnknownErrors(() => ({ header: deleteKey(core, key, context) })),
    ),
  ]
}

async function lock(
  core: ServiceCore,
  { name, lease: wanted }: LockRequest,
  context: CallContext,
): Promise<LockResponse> {
  const claims = new Claims(core, context)
  const prefix = prefixOf(name)
  const lease = claims.lease(wanted)
  const key = claimKey(prefix, lease)
  const answer = claim(claims, prefix, key, lease)
  const own = createdAt(answer)
  const holder = answer.responses[1]?.responseRange?.kvs[0]
  if (holder === undefined || holder.createRevision === own) return { header: answer.header, key }
  try {
    await claims.untilOldest(prefix, own)
  } catch (error) {
    // Nobody waits with it any more.
    quietly(() => deleteKey(core, key, context))
    throw error
  }
  const { header, kvs } = claims.range({ key })
  if (kvs.length === 0) throw refusal('mutex-session-expired')
  return { header, key }
}

/** Puts the key, or finds it put before; and finds the holder. */
function claim(claims: Claims, prefix: Uint8Array, key: Uint8Array, lease: string): TxnResponse {
  const holder = { requestRange: oldestUnder(prefix) }
  return claims.ifCreatedAt(
    { key, createRevision: 0 },
    {
      success: [{ requestPut: { key, lease } }, holder],
      failure: [{ requestRange: { key } }, holder],
    },
  )
}

/** The revision at which the key was put: now, or before. */
function createdAt({ succeeded, header, responses }: TxnResponse): number {
  if (succeeded) return header?.revision ?? 0
  return responses[0]?.responseRange?.kvs[0]?.createRevision ?? 0
}

function deleteKey(
  core: ServiceCore,
  key: Uint8Array,
  context: CallContext,
): ResponseHeader | undefined {
  core.raftIndex += 1
  return core.store.deleteRange(DeleteRangeRequest.create({ key }), context).header
}
