// `/v2/keys`: reads, writes and watches of clients' keys.

import { jsonHeaders, methodNotAllowed, sendAnswer } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { KeyAccess } from '../auth/access.ts'
import { readForm } from '../http/form.ts'
import type { Target } from '../http/target.ts'
import { V2Error } from '../tree/error.ts'
import type { V2Event } from '../tree/event.ts'
import type { V2Store } from '../tree/store.ts'
import { applyKeyRequest, isProposal } from './dispatch.ts'
import { type KeyRequest, parseKeyRequest } from './key-request.ts'
import { renderAction, renderError, renderEvent } from './render.ts'
import { answerWatch } from './watch-answer.ts'

/** The log there would be. */
export interface RaftLog {
  /** The place of the last write. */
  raftIndex: number
  readonly raftTerm: number
}

/** What the page is taken from. */
export interface KeysSource {
  readonly store: V2Store
  readonly log: RaftLog
  /** The cluster's id in hexadecimal. */
  readonly clusterId: string
  readonly access: KeyAccess
}

const prefix = '/v2/keys'

/** Whether a path is that of a key. */
export function isKeysPath(path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`)
}

/** Answers a request for a key. */
export async function answerKeys(
  source: KeysSource,
  exchange: Exchange,
  target: Target,
): Promise<void> {
  if (!/^(?:HEAD|GET|PUT|POST|DELETE)$/.test(exchange.method)) {
    sendAnswer(exchange, methodNotAllowed('HEAD', 'GET', 'PUT', 'POST', 'DELETE'))
    return
  }
  try {
    const path = target.path.slice(prefix.length)
    const request = parseKeyRequest(exchange.method, path, await readForm(exchange, target.query))
    if (!source.access.mayUseKey(exchange, path, request.recursive)) {
      throw new V2Error(110, 'Insufficient credentials')
    }
    answerRequest(source, exchange, request)
  } catch (error) {
    if (!(error instanceof V2Error)) throw error
    sendError(source, exchange, error)
  }
}

function answerRequest(source: KeysSource, exchange: Exchange, request: KeyRequest): void {
  const { store, log } = source
  if (isProposal(request)) log.raftIndex += 1
  else if (request.wait) {
    const { path, recursive: isRecursive, isStream } = request
    const watcher = store.watch({ path, isRecursive, isStream }, Number(request.waitIndex))
    answerWatch(exchange, watcher, headersOf(source, watcher.startIndex))
    return
  }
  const event = applyKeyRequest(store, request)
  sendAnswer(exchange, {
    status: isCreation(event) ? 201 : 200,
    headers: { ...jsonHeaders, ...headersOf(source, store.index) },
    body: isBrief(request, event) ? renderAction(event) : renderEvent(event),
  })
}

function isCreation({ action, prevNode }: V2Event): boolean {
  return action === 'create' || (action === 'set' && prevNode === undefined)
}

function isBrief({ noValueOnSuccess }: KeyRequest, { action }: V2Event): boolean {
  return noValueOnSuccess && /^(?:set|create|update|compareAndSwap)$/.test(action)
}

function headersOf({ clusterId, log }: KeysSource, index: number): Record<string, string> {
  return {
    'x-etcd-cluster-id': clusterId,
    'x-etcd-index': String(index),
    'x-raft-index': String(log.raftIndex),
    'x-raft-term': String(log.raftTerm),
  }
}

function sendError({ clusterId }: KeysSource, exchange: Exchange, error: V2Error): void {
  sendAnswer(exchange, {
    status: error.status,
    headers: {
      ...jsonHeaders,
      'x-etcd-cluster-id': clusterId,
      'x-etcd-index': String(error.index),
    },
    body: renderError(error),
  })
}
