// `/v2/keys/` of etcd 0.4.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { keysRoot, renderEvent } from '../../../packages/server/src/v2/keys/render.ts'
import { V2Error } from '../../../packages/server/src/v2/tree/error.ts'
import type { V2Event } from '../../../packages/server/src/v2/tree/event.ts'
import type { Content } from '../../../packages/server/src/v2/tree/store.ts'
import { isTrue, type OldTarget, readTarget } from './parameters.ts'
import type { Replica } from './replica.ts'
import { isLeader, type OldCluster, type OldMember } from './shape.ts'

/** Answers a request for a key. */
export async function answerKeys(
  cluster: OldCluster,
  member: OldMember,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const target = await readTarget(request)
  const path = `${keysRoot}${target.path.slice('/v2/keys'.length).replace(/\/$/, '')}`
  const { parameters } = target
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const isStrict = isTrue(parameters, 'consistent') || isTrue(parameters, 'quorum')
  if (!isLeader(cluster, member) && (!isRead || isStrict)) {
    sendToLeader(cluster.leader.clientUrl, request, response)
    return
  }
  try {
    if (isRead && isTrue(parameters, 'wait')) watch(member.replica, path, target, response)
    else if (isRead) send(member.replica, read(member.replica, path, target), response)
    else {
      const change = prepareWrite(request.method ?? '', path, target)
      const event = cluster.write((replica) => {
        replica.raftIndex += 1
        return change(replica)
      })
      send(member.replica, event, response)
    }
  } catch (error) {
    sendError(member.replica, error, response)
  }
}

/** Writes get no body; reads get what Go says of a redirect. */
export function sendToLeader(
  url: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const location = `${url}${request.url}`
  response.writeHead(307, { location })
  const isGet = request.method === 'GET'
  response.end(isGet ? `<a href="${location}">Temporary Redirect</a>.\n\n` : undefined)
}

function read({ store }: Replica, path: string, { parameters }: OldTarget): V2Event {
  const [recursive, sorted] = [isTrue(parameters, 'recursive'), isTrue(parameters, 'sorted')]
  return store.get(path, { recursive, sorted })
}

function watch(
  replica: Replica,
  path: string,
  { parameters }: OldTarget,
  response: ServerResponse,
): void {
  const [isRecursive, isStream] = [isTrue(parameters, 'recursive'), isTrue(parameters, 'stream')]
  const since = readIndex(parameters, 'waitIndex') ?? 0
  const watcher = replica.store.watch({ path, isRecursive, isStream }, since)
  response.writeHead(200, headersOf(replica))
  response.flushHeaders()
  const pass = (): void => {
    for (let event = watcher.take(); event !== undefined; event = watcher.take()) {
      response.write(render(event))
      if (!isStream) response.end()
    }
    if (watcher.isOver) response.end()
  }
  watcher.onChange(pass)
  response.once('close', () => watcher.close())
  pass()
}

type Change = (replica: Replica) => V2Event

function prepareWrite(method: string, path: string, target: OldTarget): Change {
  const { parameters } = target
  if (method === 'DELETE') return prepareDelete(path, target)
  const content = readContent(parameters)
  const made: Content = isTrue(parameters, 'dir') ? { ...content, value: undefined } : content
  if (method === 'POST') {
    // Not padded, so that names are in no order beyond nine.
    return ({ store }) => store.create(`${path}/${store.index + 1}`, made)
  }
  const prevExist = parameters.get('prevExist')
  if (prevExist === 'false') return ({ store }) => store.create(path, made)
  if (parameters.has('prevValue') || parameters.has('prevIndex')) {
    const condition = readCondition(parameters)
    return ({ store }) => store.compareAndSwap(path, condition, content)
  }
  if (prevExist === 'true') {
    if (!parameters.has('value') && !parameters.has('ttl')) throw new OldError(204, 'Update')
    return ({ store }) => store.update(path, content)
  }
  return ({ store }) => store.set(path, made)
}

function prepareDelete(path: string, { parameters }: OldTarget): Change {
  if (parameters.has('prevValue') || parameters.has('prevIndex')) {
    const condition = readCondition(parameters)
    return ({ store }) => store.compareAndDelete(path, condition)
  }
  const [dir, recursive] = [isTrue(parameters, 'dir'), isTrue(parameters, 'recursive')]
  return ({ store }) => store.delete(path, { dir, recursive })
}

function readCondition(parameters: URLSearchParams): { prevValue: string; prevIndex: bigint } {
  const prevValue = parameters.get('prevValue')
  if (prevValue === '') throw new OldError(201, 'CompareAndSwap')
  return {
    prevValue: prevValue ?? '',
    prevIndex: BigInt(readIndex(parameters, 'prevIndex') ?? 0),
  }
}

function readContent(parameters: URLSearchParams): Content {
  const ttl = parameters.get('ttl') ?? ''
  if (ttl !== '' && !/^\d+$/.test(ttl)) throw new OldError(202, 'Update')
  const value = Buffer.from(parameters.get('value') ?? '').toString('latin1')
  return ttl === '' ? { value } : { value, expiresAtMs: Date.now() + Number(ttl) * 1000 }
}

function readIndex(parameters: URLSearchParams, name: string): number | undefined {
  const text = parameters.get(name)
  if (text === null) return undefined
  if (!/^\d+$/.test(text)) throw new OldError(203, name)
  return Number(text)
}

/** A refusal that later versions word in another way, or do not know. */
class OldError extends Error {
  readonly code: keyof typeof words

  constructor(code: keyof typeof words, cause: string) {
    super(cause)
    this.code = code
  }
}

const words = {
  201: 'PrevValue is Required in POST form',
  202: 'The given TTL in POST form is not a number',
  203: 'The given index in POST form is not a number',
  204: 'Value or TTL is required in POST form',
} as const

function headersOf({ store, raftIndex }: Replica): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-etcd-index': String(store.index),
    'x-raft-index': String(raftIndex),
    'x-raft-term': '1',
  }
}

function send(replica: Replica, event: V2Event, response: ServerResponse): void {
  const isNew = event.action === 'create' || (event.action === 'set' && !event.prevNode)
  response.writeHead(isNew ? 201 : 200, headersOf(replica))
  response.end(render(event))
}

/** Without a line's end, and the root by its name. */
function render(event: V2Event): string {
  const text = renderEvent(event).trimEnd()
  return event.node.key === keysRoot ? text.replace('"node":{', '"node":{"key":"/",') : text
}

function sendError({ store }: Replica, error: unknown, response: ServerResponse): void {
  const known = error instanceof V2Error || error instanceof OldError
  if (!known) throw error
  const message = error instanceof OldError ? words[error.code] : error.words
  const status = error instanceof OldError ? 400 : error.status
  const cause = Buffer.from(error.message.replace(/^\/1(?=\/)/, ''), 'latin1').toString()
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-etcd-index': String(store.index),
  })
  response.end(JSON.stringify({ errorCode: error.code, message, cause, index: store.index }))
}
