// Who leads, change by change: what an observer was told, and what the history says.

import { type Entry, type Etcd, EtcdError } from 'etcdkit'
import type { Change } from '../../history/describe.ts'
import type { RoundContext } from '../../round/context.ts'
import type { Primitive } from './primitives.ts'

/** The revision at which the leader's key was written last; 0 when nobody leads. */
export type Leading = number

/** Observes an election for a whole round. */
export class LeaderObserver {
  readonly name: string
  readonly told: Leading[] = []
  readonly #context: RoundContext
  readonly #end = new AbortController()
  readonly #running: Promise<void>

  constructor(context: RoundContext, etcd: Etcd, name: string) {
    this.#context = context
    this.name = name
    this.#running = this.#run(etcd)
  }

  async end(): Promise<void> {
    this.#end.abort(new Error('enough'))
    await this.#running
  }

  async #run(etcd: Etcd): Promise<void> {
    const { signal } = this.#end
    try {
      for await (const leader of etcd.election('recipes/election').observe({ signal })) {
        this.#tell(leader)
      }
      this.#context.violations.add('observe-ended', `${this.name}: without a word`)
    } catch (error) {
      if (signal.aborted && !(error instanceof EtcdError)) return
      this.#context.violations.add('observe-ended', `${this.name}: ${String(error)}`)
    }
  }

  #tell(leader: Entry<string> | undefined): void {
    this.#context.tally.add('leaders observed')
    this.told.push(leader?.modRevision ?? 0)
  }
}

/** A leader, and since when it was so. */
export interface LeaderState {
  readonly revision: number
  readonly leading: Leading
}

/** Every leader there was, in order, by the history. */
export function leadersOf({ queue }: Primitive, changes: readonly Change[]): LeaderState[] {
  const living = new Map<string, { readonly created: number; readonly modified: number }>()
  const states: LeaderState[] = [{ revision: 0, leading: 0 }]
  for (const [index, { key, type, revision }] of changes.entries()) {
    if (!key.startsWith(queue)) continue
    if (type === 'delete') living.delete(key)
    else living.set(key, { created: living.get(key)?.created ?? revision, modified: revision })
    const next = changes[index + 1]
    if (next?.revision === revision && next.key.startsWith(queue)) continue
    const oldest = [...living.values()].sort((a, b) => a.created - b.created)[0]
    const leading = oldest?.modified ?? 0
    if (leading !== states.at(-1)?.leading) states.push({ revision, leading })
  }
  return states
}

/**
 * What is wrong with what an observer was told: from its first leader on it must be every one in order, but for what
 * was compacted while it was away. Undefined when nothing is.
 */
export function findObserverFault(
  told: readonly Leading[],
  states: readonly LeaderState[],
  compactions: readonly number[],
): string | undefined {
  const [first] = told
  if (first === undefined) return 'it was told nothing'
  let farthest = -1
  for (const [start, { leading }] of states.entries()) {
    if (leading !== first) continue
    const matched = matchFrom(start, told, states, compactions)
    if (matched === told.length) return undefined
    farthest = Math.max(farthest, matched)
  }
  if (farthest === -1) return `its first leader ${first} never led`
  const near = told.slice(Math.max(0, farthest - 3), farthest + 2)
  return `it was told ${near.join(', ')}, number ${farthest} of which does not come there`
}

/** How many of what was told fit, when the first is the state at `start`. */
function matchFrom(
  start: number,
  told: readonly Leading[],
  states: readonly LeaderState[],
  compactions: readonly number[],
): number {
  let at = start
  for (let index = 1; index < told.length; index++) {
    const leading = told[index]
    if (states[at + 1]?.leading === leading) {
      at++
      continue
    }
    const since = states[at]?.revision ?? 0
    const isExcused = compactions.some((revision) => revision > since)
    const later = states.findIndex((state, place) => place > at && state.leading === leading)
    if (!isExcused || later === -1) return index
    at = later
  }
  return told.length
}
