// One message out, one in: what is posted, and what the answer to it means.

import type { JsonValue, Method } from '@etcdkit/protocol'
import { headerOf } from '../../http/http-client.ts'
import { failureOfStatus } from '../failure.ts'
import { isObject, parseJson, statusOfAnswer, statusOfStreamError } from './answer-status.ts'
import { AttemptError } from './gateway-call.ts'
import { type HttpAnswer, safeTextOf } from './http-answer.ts'
import { failureOfAnswer } from './http-failure.ts'

const ok = 200

/** The message in an answer. Throws `AttemptError`. */
export function readMessage<I extends object, O extends object>(
  method: Method<I, O>,
  endpoint: string,
  answer: HttpAnswer,
): O {
  assertOk(method, endpoint, answer)
  return messageOf(method, endpoint, jsonOf(method, endpoint, answer))
}

/** The message in an answer of a method that is a stream elsewhere: `{ "result": … }`, once. Throws `AttemptError`. */
export function readResult<I extends object, O extends object>(
  method: Method<I, O>,
  endpoint: string,
  answer: HttpAnswer,
): O {
  assertOk(method, endpoint, answer)
  return resultOf(method, endpoint, jsonOf(method, endpoint, answer))
}

/** The message in a line of a stream: `{ "result": … }`, or `{ "error": … }`. Throws `AttemptError`. */
export function resultOf<I extends object, O extends object>(
  method: Method<I, O>,
  endpoint: string,
  json: JsonValue,
): O {
  if (isObject(json) && json.result !== undefined) return messageOf(method, endpoint, json.result)
  if (isObject(json) && json.error !== undefined) {
    throw new AttemptError(failureOfStatus(method, endpoint, statusOfStreamError(json.error)))
  }
  const fact = 'JSON without a result'
  throw new AttemptError(failureOfAnswer(method, endpoint, { code: 'protocol-error', fact }))
}

// Throws the failure in an answer whose HTTP status is not 200.
function assertOk<I extends object, O extends object>(
  method: Method<I, O>,
  endpoint: string,
  answer: HttpAnswer,
): void {
  if (answer.status === ok) return
  const status = statusOfAnswer(answer.status, safeTextOf(answer))
  throw new AttemptError(failureOfStatus(method, endpoint, status))
}

function messageOf<I extends object, O extends object>(
  method: Method<I, O>,
  endpoint: string,
  json: JsonValue,
): O {
  try {
    return method.output.fromJson(json, { unknownEnumNames: 'ignore' })
  } catch (cause) {
    const fact = cause instanceof Error ? cause.message : String(cause)
    const problem = { code: 'decode-failed', fact, cause } as const
    throw new AttemptError(failureOfAnswer(method, endpoint, problem))
  }
}

function jsonOf<I extends object, O extends object>(
  method: Method<I, O>,
  endpoint: string,
  answer: HttpAnswer,
): JsonValue {
  const json = parseJson(safeTextOf(answer))
  if (json !== undefined) return json
  const type = headerOf(answer.headers, 'content-type') ?? 'without a content type'
  const fact = `an answer that is not JSON (${type})`
  throw new AttemptError(failureOfAnswer(method, endpoint, { code: 'protocol-error', fact }))
}
