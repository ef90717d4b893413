// The other pages of etcd 0.4's client port.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isLeader, type OldCluster, type OldMember } from './shape.ts'

interface Page {
  readonly status?: number
  readonly type?: string
  readonly body: string
}

const json = 'application/json'
const text = 'text/plain; charset=utf-8'

/** Answers a request for any other page. */
export function answerPage(
  cluster: OldCluster,
  member: OldMember,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume()
  const path = (request.url ?? '').replace(/\?.*$/, '')
  const isGet = request.method === 'GET' || request.method === 'HEAD'
  const page = (isGet ? pages[path]?.(cluster, member) : undefined) ?? notFound
  response.writeHead(page.status ?? 200, { 'content-type': page.type ?? text })
  response.end(page.body)
}

const notFound: Page = { status: 404, body: '404 page not found\n' }

const pages: Readonly<Record<string, (cluster: OldCluster, member: OldMember) => Page>> = {
  '/version': () => ({ body: 'etcd 0.4.9' }),
  // Of the leader it tells the peer URL.
  '/v2/leader': ({ leader }) => ({ body: leader.peerUrl }),
  '/v2/machines': ({ members }) => ({ body: members.map((each) => each.clientUrl).join(', ') }),
  '/v2/peers': ({ members }) => ({ body: members.map((each) => each.peerUrl).join(', ') }),
  '/v2/stats/self': (cluster, member) => ({
    type: json,
    body: JSON.stringify({
      name: member.name,
      state: isLeader(cluster, member) ? 'leader' : 'follower',
      leaderInfo: { leader: cluster.leader.name },
    }),
  }),
  '/v2/stats/store': (_, { replica }) => ({
    type: json,
    body: JSON.stringify(replica.store.counts),
  }),
  '/v2/stats/leader': (cluster, member) =>
    isLeader(cluster, member)
      ? { type: json, body: JSON.stringify({ leader: member.name, followers: {} }) }
      : { status: 403, body: 'not current leader' },
}
