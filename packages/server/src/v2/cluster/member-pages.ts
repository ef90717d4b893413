// `/v2/members` and `/v2/machines`.

import type { Member } from '@etcdkit/protocol'
import { type Answer, jsonHeaders, methodNotAllowed, textHeaders } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { KeyAccess } from '../auth/access.ts'
import { readBody } from '../http/body.ts'
import { goJson, messageAnswer } from '../http/json-answer.ts'
import { JsonInputError } from '../http/json-input.ts'
import { hexOf, type MemberOutcome, type Members } from './members.ts'
import { readPeerUrls } from './peer-urls.ts'

/** What the pages are taken from. */
export interface MembersSource {
  readonly members: Members
  readonly access: KeyAccess
  /** The cluster's id in hexadecimal. */
  readonly clusterId: string
}

const prefix = '/v2/members'

/** Whether a path is that of members. */
export function isMembersPath(path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

/** Answers a request for members. */
export async function answerMembers(
  source: MembersSource,
  exchange: Exchange,
  path: string,
): Promise<Answer> {
  const { method } = exchange
  if (!/^(?:GET|POST|DELETE|PUT)$/.test(method)) {
    return methodNotAllowed('GET', 'POST', 'DELETE', 'PUT')
  }
  if (method !== 'GET' && !source.access.isRoot(exchange)) {
    return messageAnswer(401, 'Insufficient credentials')
  }
  const name = path.slice(prefix.length).replace(/^\//, '')
  const answer = await answerMethod(source, exchange, name)
  return { ...answer, headers: { ...answer.headers, 'x-etcd-cluster-id': source.clusterId } }
}

async function answerMethod(
  source: MembersSource,
  exchange: Exchange,
  name: string,
): Promise<Answer> {
  const { method } = exchange
  if (method === 'GET') return listMembers(source, name)
  if (method === 'POST') {
    return await withPeerUrls(exchange, (urls) => addMember(source, urls))
  }
  if (name === '') return methodNotAllowed()
  const id = parseId(name)
  if (id === undefined) return messageAnswer(404, `No such member: ${name}`)
  if (method === 'DELETE') return answerOutcome(source.members.remove(id), id)
  return await withPeerUrls(exchange, (urls) => answerOutcome(source.members.update(id, urls), id))
}

function listMembers({ members }: MembersSource, name: string): Answer {
  if (name === '') return answerJson(200, { members: members.all.map(describeMember) })
  if (name === 'leader') return answerJson(200, describeMember(members.own))
  return messageAnswer(404, 'Not found')
}

function addMember({ members }: MembersSource, peerUrls: readonly string[]): Answer {
  const added = members.add(peerUrls)
  return typeof added === 'object'
    ? answerJson(201, describeMember(added))
    : answerOutcome(added, '0')
}

async function withPeerUrls(
  exchange: Exchange,
  run: (urls: readonly string[]) => Answer,
): Promise<Answer> {
  const type = mediaTypeIn(exchange.header('content-type') ?? '')
  if (type !== 'application/json') {
    return messageAnswer(415, `Bad Content-Type ${type}, accept application/json`)
  }
  const body = await readBody(exchange.body)
  if (body === undefined) return messageAnswer(400, 'http: request body too large')
  try {
    return run(readPeerUrls(body.toString()))
  } catch (error) {
    if (error instanceof JsonInputError) return messageAnswer(400, error.message)
    throw error
  }
}

/** As etcd has it: in lower case only where something follows. */
function mediaTypeIn(header: string): string {
  const semicolon = header.indexOf(';')
  return semicolon === -1 ? header : header.slice(0, semicolon).toLowerCase().trim()
}

/** The id in decimal. */
function parseId(text: string): string | undefined {
  if (!/^[0-9a-fA-F]{1,40}$/.test(text)) return undefined
  const id = BigInt(`0x${text}`)
  return id < 2n ** 64n ? String(id) : undefined
}

function answerOutcome(outcome: MemberOutcome, id: string): Answer {
  const name = hexOf(id)
  switch (outcome) {
    case 'done':
      return { status: 204 }
    case 'missing':
      return messageAnswer(404, `No such member: ${name}`)
    case 'removed':
      return messageAnswer(410, `Member permanently removed: ${name}`)
    case 'taken':
      return messageAnswer(409, 'membership: peerURL exists')
    case 'refused':
      return messageAnswer(500, 'Internal Server Error')
  }
}

function describeMember({ ID, name, peerURLs, clientURLs }: Member): object {
  return { id: hexOf(ID), name, peerURLs, clientURLs }
}

function answerJson(status: number, value: object): Answer {
  return { status, headers: jsonHeaders, body: `${goJson(value)}\n` }
}

/** `/v2/machines`: where clients reach the cluster. */
export function answerMachines({ members }: MembersSource, { method }: Exchange): Answer {
  if (method !== 'GET' && method !== 'HEAD') return methodNotAllowed('GET', 'HEAD')
  const urls = members.all.flatMap(({ clientURLs }) => clientURLs).sort()
  return { status: 200, headers: textHeaders, body: urls.join(', ') }
}
