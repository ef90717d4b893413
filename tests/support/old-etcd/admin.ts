// `/v2/admin` of etcd 0.4, on the peer port.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { syntaxErrorOf } from '../../../packages/server/src/v2/http/json-syntax.ts'
import { changeConfig } from './admin-config.ts'
import { readText } from './parameters.ts'
import { isLeader, type OldCluster, type OldMember } from './shape.ts'

const json = { 'content-type': 'application/json' }

/** Answers a request of the peer port. */
export async function answerAdmin(
  cluster: OldCluster,
  member: OldMember,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '').replace(/\?.*$/, '')
  const name = /^\/v2\/admin\/machines\/([^/]+)$/.exec(path)?.[1]
  const body = await readText(request)
  const page = `${request.method} ${name === undefined ? path : '/v2/admin/machines/:name'}`
  switch (page) {
    case 'GET /v2/admin/config':
      return sendJson(response, cluster.config)
    case 'PUT /v2/admin/config':
      return putConfig(cluster, member, response, body)
    case 'GET /v2/admin/machines':
      return sendJson(
        response,
        cluster.members.map((each) => describe(cluster, each)),
      )
    case 'GET /v2/admin/machines/:name': {
      const found = cluster.find(name ?? '')
      return sendJson(response, found === undefined ? null : describe(cluster, found))
    }
    case 'DELETE /v2/admin/machines/:name':
      return removeMachine(cluster, member, response, name ?? '')
    default:
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' })
      response.end('404 page not found\n')
  }
}

function putConfig(
  cluster: OldCluster,
  member: OldMember,
  response: ServerResponse,
  body: string,
): void {
  if (!isLeader(cluster, member)) {
    const location = `${cluster.leader.peerUrl}/v2/admin/config`
    response.writeHead(307, { ...json, location })
    response.end(`${JSON.stringify(cluster.config)}\n`)
    return
  }
  const fault = body === '' ? 'EOF' : syntaxErrorOf(body)
  if (fault !== undefined) {
    response.writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
    response.end(`${fault}\n`)
    return
  }
  cluster.config = changeConfig(cluster.config, JSON.parse(body))
  sendJson(response, cluster.config)
}

function removeMachine(
  cluster: OldCluster,
  member: OldMember,
  response: ServerResponse,
  name: string,
): void {
  if (!isLeader(cluster, member)) {
    response.writeHead(307, { location: `${cluster.leader.peerUrl}/v2/admin/machines/${name}` })
    response.end()
    return
  }
  const isKnown = cluster.find(name) !== undefined
  response.writeHead(200, isKnown ? { 'content-type': 'application/octet-stream' } : {})
  if (isKnown) cluster.remove(name)
  response.end(isKnown ? encodeIndex(member.replica.raftIndex) : undefined)
}

/** A varint in eight bytes, the rest zero. */
function encodeIndex(index: number): Buffer {
  const bytes = Buffer.alloc(8)
  let rest = index
  for (let at = 0; at < bytes.length; at++) {
    bytes[at] = rest >= 0x80 ? (rest & 0x7f) | 0x80 : rest
    if (rest < 0x80) break
    rest = Math.floor(rest / 0x80)
  }
  return bytes
}

function describe(cluster: OldCluster, member: OldMember): object {
  const { name, clientUrl: clientURL, peerUrl: peerURL } = member
  const state = isLeader(cluster, member) ? 'leader' : 'follower'
  return { name, state, clientURL, peerURL }
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, json)
  response.end(`${JSON.stringify(value)}\n`)
}
