// A wait for one change: asked again when its time is over or a connection breaks, from where it began, so that nothing
// between two requests is missed.

import { EtcdError, type JsonObject } from '@etcdkit/protocol'
import { headerOf } from '../http/http-client.ts'
import { onAbort } from '../http/on-abort.ts'
import { isObject } from '../transport/gateway/answer-status.ts'
import { pauseBeforeRetry } from '../transport/retry.ts'
import { objectOf } from '../v2/node.ts'
import { parseIndex, type V2Answer } from '../v2/v2-answer.ts'
import { EtcdV2Error } from '../v2/v2-error.ts'
import { encodeFields, type Fields } from '../v2/verb-options.ts'
import { longestDelayMs, systemClock } from '../v3/clock.ts'
import { isTransient } from '../v3/failure.ts'
import { pause } from '../v3/pause.ts'
import type { Requests } from './requests.ts'

/** What is waited for. */
export interface Wait {
  readonly path: string
  /** The query, but for `wait` and `waitIndex`. */
  readonly fields: Fields
  readonly waitIndex: number | string | undefined
  readonly signal: AbortSignal
}

/** What came, and where to wait from for the next. */
export interface Waited {
  readonly body: JsonObject
  readonly nextIndex: number | undefined
}

/** A change; rejects with `deadline-exceeded` after the store's time limit. */
export async function waitOnce(requests: Requests, wait: Wait): Promise<Waited> {
  const result = await poll(requests, wait, () => undefined)
  if (typeof result === 'object') return result
  throw new EtcdError(`no change within ${requests.timeoutMs} ms`, { code: 'deadline-exceeded' })
}

/**
 * The next change, however long it takes. When etcd has forgotten changes (401), what is there now comes in their place,
 * with the action `get`; a key that is not there is waited for.
 */
export async function waitLong(requests: Requests, wait: Wait): Promise<Waited> {
  let { waitIndex } = wait
  for (let failures = 0; ; ) {
    const askedAt = performance.now()
    try {
      const result = await poll(requests, { ...wait, waitIndex }, (start) => {
        waitIndex ??= start + 1
      })
      if (typeof result === 'object') return result
      if (result === 'timed out') continue
      await pause(systemClock, pauseBeforeRetry(++failures, 1), wait.signal)
      wait.signal.throwIfAborted()
    } catch (error) {
      // Its time was over before there was a head: told by what had kept it.
      const isLate = performance.now() - askedAt >= requests.timeoutMs - 1
      if (isLate && isTransient(error) && !wait.signal.aborted) continue
      if (!(error instanceof EtcdV2Error) || error.errorCode !== 401) throw error
      const { body, nextIndex } = await readNow(requests, wait)
      const isNews = wait.fields.recursive === true || indexOf(body) >= Number(waitIndex)
      if (body !== undefined && isNews) return { body, nextIndex }
      waitIndex = nextIndex ?? (error.index ?? 0) + 1
    }
  }
}

// One request, for as long as the store's time limit. Rejects when it cannot be made at any host.
async function poll(
  requests: Requests,
  { path, fields, waitIndex, signal }: Wait,
  onStart: (index: number) => void,
): Promise<Waited | 'timed out' | 'broken'> {
  const query = encodeFields({ wait: true, ...fields, waitIndex })
  const lines = await requests.lines({ method: 'GET', path: `${path}?${query}`, signal })
  const { head } = lines
  onStart(startOf(head) ?? 0)
  let isLate = false
  const timer = setTimeout(
    () => {
      isLate = true
      lines.cancel()
    },
    Math.min(requests.timeoutMs, longestDelayMs),
  )
  const forget = onAbort(signal, () => lines.cancel())
  try {
    const line = signal.aborted ? undefined : await lines.next()
    signal.throwIfAborted()
    if (line === undefined) return isLate ? 'timed out' : 'broken'
    const body = objectOf({ ...head, text: line })
    return { body, nextIndex: indexOf(body) + 1 }
  } catch (error) {
    if (error instanceof EtcdError && error.code === 'connection-lost') return 'broken'
    throw error
  } finally {
    clearTimeout(timer)
    forget()
    lines.cancel()
  }
}

async function readNow(
  requests: Requests,
  { path, fields, signal }: Wait,
): Promise<{ readonly body: JsonObject | undefined; readonly nextIndex: number | undefined }> {
  const query = encodeFields({ quorum: true, ...fields })
  const answer = await requests.get({ method: 'GET', path: `${path}?${query}`, signal })
  const index = startOf(answer)
  return {
    body: answer.status === 404 ? undefined : objectOf(answer),
    nextIndex: index === undefined ? undefined : index + 1,
  }
}

function startOf({ headers }: V2Answer): number | undefined {
  return parseIndex(headerOf(headers, 'x-etcd-index'))
}

function indexOf(body: JsonObject | undefined): number {
  const node = body?.node
  const index = isObject(node) ? node.modifiedIndex : undefined
  return typeof index === 'number' ? index : 0
}
