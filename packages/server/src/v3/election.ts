// The Election service: who has the oldest key under a name leads. Source: etcd `server/etcdserver/api/v3election`.

import {
  type CampaignRequest,
  type CampaignResponse,
  Election,
  type LeaderKey,
  type LeaderResponse,
  type ResponseHeader,
} from '@etcdkit/protocol'
import { Claims, claimKey, oldestUnder, prefixOf } from './claim.ts'
import { ObserveHandler } from './election-observer.ts'
import { type Service, streaming, unary } from './service.ts'
import type { ServiceCore } from './service-core.ts'
import { refusal } from './status.ts'
import { quietly, withUnknownErrors } from './unknown-errors.ts'

/** Every method of the service. */
export function electionServices(core: ServiceCore): readonly Service[] {
  return [
    unary(Election.campaign, (request, context) =>
      withUnknownErrors(() => campaign(new Claims(core, context), request)),
    ),
    unary(Election.proclaim, ({ leader, value }, context) =>
      withUnknownErrors(() => {
        const header = proclaim(new Claims(core, context), assertGiven(leader), value)
        return { header }
      }),
    ),
    unary(Election.leader, ({ name }, context) =>
      withUnknownErrors(() => findLeader(new Claims(core, context), name)),
    ),
    unary(Election.resign, ({ leader }, context) =>
      withUnknownErrors(() => {
        const claims = new Claims(core, context)
        const { key, rev, lease } = assertGiven(leader)
        claims.lease(lease)
        return { header: resign(claims, key, rev) }
      }),
    ),
    streaming(Election.observe, (sink, context) => new ObserveHandler(core, sink, context)),
  ]
}

async function campaign(
  claims: Claims,
  { name, lease: wanted, value }: CampaignRequest,
): Promise<CampaignResponse> {
  const prefix = prefixOf(name)
  const lease = claims.lease(wanted)
  const key = claimKey(prefix, lease)
  const { header, succeeded, responses } = claims.ifCreatedAt(
    { key, createRevision: 0 },
    { success: [{ requestPut: { key, value, lease } }], failure: [{ requestRange: { key } }] },
  )
  const held = responses[0]?.responseRange?.kvs[0]
  const rev = (succeeded ? header?.revision : held?.createRevision) ?? 0
  const leader = { name, key, rev, lease }
  try {
    if (held !== undefined && Buffer.compare(held.value, value) !== 0) {
      proclaim(claims, leader, value)
    }
    await claims.untilOldest(prefix, rev)
  } catch (error) {
    // Nobody runs for it any more.
    quietly(() => resign(claims, key, rev))
    throw error
  }
  return { header, leader }
}

function proclaim(
  claims: Claims,
  { key, rev, lease: wanted }: LeaderKey,
  value: Uint8Array,
): ResponseHeader | undefined {
  const lease = claims.lease(wanted)
  const success = [{ requestPut: { key, value, lease } }]
  const { header, succeeded } = claims.ifCreatedAt({ key, createRevision: rev }, { success })
  if (!succeeded) throw refusal('election-not-leader')
  return header
}

function resign(claims: Claims, key: Uint8Array, rev: number): ResponseHeader | undefined {
  const success = [{ requestDeleteRange: { key } }]
  return claims.ifCreatedAt({ key, createRevision: rev }, { success }).header
}

function findLeader(claims: Claims, name: Uint8Array): LeaderResponse {
  const { header, kvs } = claims.range(oldestUnder(prefixOf(name)))
  if (kvs[0] === undefined) throw refusal('election-no-leader')
  return { header, kv: kvs[0] }
}

function assertGiven(leader: LeaderKey | undefined): LeaderKey {
  if (leader === undefined) throw refusal('election-leader-missing')
  return leader
}
