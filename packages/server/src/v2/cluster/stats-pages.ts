// `/v2/stats`: of the member, of the store, of the leader.

import { type Answer, jsonHeaders, methodNotAllowed } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import { goJson } from '../http/json-answer.ts'
import { renderTime } from '../keys/render.ts'
import type { V2Store } from '../tree/store.ts'
import { hexOf, type Members } from './members.ts'

/** What the pages are taken from. */
export interface StatsSource {
  readonly members: Members
  readonly store: V2Store
  /** When the server began. Milliseconds since 1970. */
  readonly startMs: number
}

/** Answers below `/v2/stats/`; `undefined` where there is no page. */
export function answerStats(
  source: StatsSource,
  { method }: Exchange,
  name: string,
): Answer | undefined {
  const describe = pages[name]
  if (describe === undefined) return undefined
  if (method !== 'GET') return methodNotAllowed('GET')
  return { status: 200, headers: jsonHeaders, body: goJson(describe(source)) }
}

const pages: Readonly<Record<string, (source: StatsSource) => object>> = {
  store: ({ store }) => store.counts,
  leader: ({ members }) => ({ leader: hexOf(members.own.ID), followers: {} }),
  self: ({ members, store, startMs }) => {
    const { ID, name } = members.own
    const id = hexOf(ID)
    const startTime = renderTime(startMs)
    const uptime = renderDuration(store.nowMs - startMs)
    return {
      name,
      id,
      state: 'StateLeader',
      startTime,
      leaderInfo: { leader: id, uptime, startTime },
      recvAppendRequestCnt: 0,
      sendAppendRequestCnt: 0,
    }
  },
}

/** A duration as Go writes it: `1h2m3.5s`, `250ms`. */
function renderDuration(ms: number): string {
  if (ms === 0) return '0s'
  if (ms < 1000) return `${Number(ms.toFixed(6))}ms`
  const minutes = Math.floor(ms / 60_000)
  const seconds = `${Number(((ms - minutes * 60_000) / 1000).toFixed(9))}s`
  if (minutes === 0) return seconds
  const hours = Math.floor(minutes / 60)
  return hours === 0 ? `${minutes}m${seconds}` : `${hours}h${minutes % 60}m${seconds}`
}
