// Requests beside the methods: what they work with, how they are sent, and the one the transport needs itself.

import { type CallOptions, KV, type Method } from '@etcdkit/protocol'
import { failureOfStatus } from '../failure.ts'
import { isTokenRefusal } from '../token.ts'
import { isObject, parseJson, statusOfAnswer } from './answer-status.ts'
import type { ApiPrefix } from './api-prefix.ts'
import type { Calls, Preparation } from './calls.ts'
import type { Endpoints } from './endpoints.ts'
import type { Exchanges, Outgoing } from './exchanges.ts'
import { AttemptError, type GatewayCall } from './gateway-call.ts'
import { type HttpAnswer, safeTextOf } from './http-answer.ts'

/** What such requests work with. */
export interface OutwardContext {
  readonly calls: Calls
  readonly exchanges: Exchanges
  readonly endpoints: Endpoints
  readonly prefix: ApiPrefix
  /** Whether a token that is refused can be had anew. */
  readonly renewsTokens: boolean
}

/** How a request is sent. */
export interface OutwardPlan {
  readonly call: GatewayCall
  readonly needs: Preparation
  /** Reject when the status is not 2xx. */
  readonly failOnHttpError?: boolean | undefined
  outgoing(): Outgoing
}

// What the rules of calls want to know of a request that is none of etcd's methods: its name, and whether it may be
// sent again. Its messages are never looked at.
export const reading: Method = /* @__PURE__ */ (() => ({
  ...KV.range,
  service: 'http',
  name: 'request',
}))() as unknown as Method
export const writing: Method = /* @__PURE__ */ (() => ({ ...reading, retry: 'non-repeatable' }))()

/** Sends a request and collects its answer. */
export function sendOutward(context: OutwardContext, plan: OutwardPlan): Promise<HttpAnswer> {
  const { calls, exchanges } = context
  const { call, needs, failOnHttpError, outgoing } = plan
  return calls.perform(call, needs, async (target) => {
    const answer = await exchanges.answer(call, target, outgoing())
    if (isSuccess(answer)) return answer
    const status = statusOfAnswer(answer.status, safeTextOf(answer))
    const failure = failureOfStatus(call.method, target.url, status)
    const isRefused = isTokenRefusal(failure.error.code) && mayRenew(context, call)
    if (isRefused || failOnHttpError === true) throw new AttemptError(failure)
    return answer
  })
}

/** Reads a page of an endpoint's own, such as `/version`. */
export function readPage(
  context: OutwardContext,
  path: string,
  options?: CallOptions,
): Promise<HttpAnswer> {
  const call = context.calls.create(reading, options)
  return sendOutward(context, { call, needs: 'nothing', outgoing: () => ({ method: 'GET', path }) })
}

/** The server's version; `undefined` if it does not tell: a proxy in front may not know the page. */
export async function askVersion(context: OutwardContext): Promise<unknown> {
  const call = context.calls.create(reading, undefined)
  call.isPreparation = true
  const outgoing = (): Outgoing => ({ method: 'GET', path: '/version' })
  const answer = await sendOutward(context, { call, needs: 'nothing', outgoing })
  const json = isSuccess(answer) ? parseJson(safeTextOf(answer)) : undefined
  return isObject(json) ? json.etcdserver : undefined
}

/** Whether the status is 2xx. */
export function isSuccess({ status }: Pick<HttpAnswer, 'status'>): boolean {
  return status >= 200 && status < 300
}

// Once: what is refused with a new token as well is for the user to see.
function mayRenew(
  { renewsTokens }: OutwardContext,
  { tokenRefusals, options }: GatewayCall,
): boolean {
  const hasOwn = Object.keys(options?.headers ?? {}).some(isAuthorization)
  return renewsTokens && tokenRefusals === 0 && !hasOwn
}

function isAuthorization(name: string): boolean {
  return name.toLowerCase() === 'authorization'
}
