// What a watcher of a round watches, and how: drawn from the round's numbers.

import { everything, type KeyRange, prefix, range } from 'etcdkit'
import type { Change } from '../../history/describe.ts'
import type { Random } from '../../schedule/random.ts'

/** Groups of keys, and keys in each. */
export const groups = 10
export const keysPerGroup = 8

/** A watcher on paper. */
export interface WatchPlan {
  readonly name: string
  readonly target: string | KeyRange
  /** Whether the target includes a key. */
  readonly includes: (key: string) => boolean
  readonly previous: boolean
  readonly only: 'put' | 'delete' | undefined
  readonly progressNotify: boolean
  readonly fragment: boolean
  readonly highWaterBytes: number | undefined
  /** Iterates batches instead of events. */
  readonly batches: boolean
  /** Milliseconds a slow reader rests now and then; 0 for a quick one. */
  readonly restMs: number
  /** From the first revision, or from now. */
  readonly start: 'beginning' | 'now'
  /** Milliseconds into the round at which it begins. */
  readonly afterMs: number
  /** Milliseconds after which it is cancelled and goes on as another watch; 0 for never. */
  readonly renewMs: number
  readonly asksProgress: boolean
}

/** The key of a group. */
export function watchedKey(group: number, index: number): string {
  return `w/${group}/${index}`
}

/** Draws a watcher. */
export function planWatcher(random: Random, index: number, progressRequests: boolean): WatchPlan {
  const target = planTarget(random)
  const isSlow = random.chance(0.25)
  const batches = random.chance(0.5)
  return {
    ...target,
    name: `watcher ${index}`,
    previous: random.chance(0.4),
    only: random.chance(0.3) ? random.pick(['put', 'delete'] as const) : undefined,
    progressNotify: random.chance(0.4),
    fragment: random.chance(0.8),
    highWaterBytes: isSlow ? random.pick([1, 2000, 50_000]) : undefined,
    batches,
    restMs: isSlow ? random.integer(5, 400) : 0,
    start: random.chance(0.6) ? 'beginning' : 'now',
    afterMs: random.chance(0.5) ? 0 : random.integer(0, 20_000),
    renewMs: random.chance(0.3) ? random.integer(500, 15_000) : 0,
    asksProgress: progressRequests && batches && random.chance(0.5),
  }
}

function planTarget(random: Random): Pick<WatchPlan, 'target' | 'includes'> {
  const group = random.integer(0, groups - 1)
  const key = watchedKey(group, random.integer(0, keysPerGroup - 1))
  switch (random.weighted({ key: 4, group: 8, span: 3, all: 1, everything: 1 })) {
    case 'key':
      return { target: key, includes: (other) => other === key }
    case 'group': {
      const start = `w/${group}/`
      return { target: prefix(start), includes: (other) => other.startsWith(start) }
    }
    case 'span': {
      // Keys are ordered as bytes, so that 10 comes before 9.
      const first = Math.min(group, groups - 2)
      const [start, end] = [`w/${first}/3`, `w/${first + 1}/5`]
      return { target: range(start, end), includes: (other) => other >= start && other < end }
    }
    case 'all':
      return { target: prefix('w/'), includes: (other) => other.startsWith('w/') }
    case 'everything':
      return { target: everything, includes: () => true }
  }
}

/** Whether a watcher is to be told of a change. */
export function isTold(plan: WatchPlan, { key, type }: Change): boolean {
  return plan.includes(key) && (plan.only === undefined || plan.only === type)
}
