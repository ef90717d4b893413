// Brings two servers to where a sequence can start: nothing there, and the same index on both.

import type { V2Client } from '../support/v2-http.ts'
import { rootCredentials } from './auth-sequences.ts'

/** A key of no sequence. */
export const sentinelPath = '/~'

/** What lists do not tell, as its names begin with `_`; sequences have none of it at the top. */
export async function listTop(client: V2Client): Promise<string[]> {
  const { body } = await client.send({ path: '/v2/keys/' })
  // etcd's own form of a list.
  const { node } = JSON.parse(body) as {
    readonly node: { readonly nodes?: readonly { readonly key: string }[] }
  }
  return (node.nodes ?? []).map(({ key }) => key).sort()
}

/** Empties both of keys; resolves with the index from which they go on. */
export async function prepare(clients: readonly V2Client[]): Promise<number> {
  const indices = await Promise.all(clients.map(empty))
  const highest = Math.max(...indices)
  if (indices.every((index) => index === highest)) return highest
  // A key that comes and goes takes two at least.
  const base = highest + 2
  await Promise.all(clients.map((client, place) => advance(client, base - (indices[place] ?? 0))))
  return base
}

async function empty(client: V2Client): Promise<number> {
  for (const path of await listTop(client)) {
    await client.send({ method: 'DELETE', path: `/v2/keys${path}?recursive=true` })
  }
  const { headers } = await client.send({ path: '/v2/keys/' })
  return Number(headers['x-etcd-index'])
}

/** Switches auth off, and removes all users and roles. */
export async function forgetUsers(client: V2Client): Promise<void> {
  const { body: state } = await client.send({ path: '/v2/auth/enable' })
  if (state.includes('true')) {
    const authorization = `Basic ${Buffer.from(rootCredentials).toString('base64')}`
    await client.send({ method: 'DELETE', path: '/v2/auth/enable', headers: { authorization } })
  }
  for (const kind of ['users', 'roles']) {
    const { body } = await client.send({ path: `/v2/auth/${kind}` })
    for (const [, name] of body.matchAll(/\{"(?:user|role)":"(\w+)"/g)) {
      await client.send({ method: 'DELETE', path: `/v2/auth/${kind}/${name}` })
    }
  }
}

/** Leaves nothing behind but a higher index. */
async function advance(client: V2Client, by: number): Promise<void> {
  const path = `/v2/keys${sentinelPath}`
  for (let left = by; left > 1; left--) await client.send({ method: 'PUT', path, body: 'value=1' })
  await client.send({ method: 'DELETE', path })
}
