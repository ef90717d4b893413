// One watcher: what it wants to hear, and how far it has heard.

import {
  type Event,
  EventType,
  FilterType,
  type KeyValue,
  type ResponseHeader,
  type WatchCreateRequest,
} from '@etcdkit/protocol'
import { type KeyRange, requestRange } from './key-range.ts'
import { isTombstone, previousOf, type Version } from './version.ts'

/**
 * How a watcher stands.
 *
 * - `synced`: it hears of changes as they happen.
 * - `behind`: it has to be told of the past first.
 * - `compacted`: that past is gone, and it was told so. Only its id is still taken.
 */
export type WatcherState = 'synced' | 'behind' | 'compacted'

/** Whom the events of a watcher are given to. */
export interface WatcherOwner {
  /** Takes the events of a revision. */
  deliver(watcher: Watcher, events: readonly Event[], header: ResponseHeader): void
}

/** A watcher. */
export class Watcher {
  readonly owner: WatcherOwner
  readonly id: number
  readonly range: KeyRange
  readonly startRevision: number
  readonly prevKv: boolean
  readonly fragment: boolean
  readonly progressNotify: boolean
  readonly #noPut: boolean
  readonly #noDelete: boolean
  state: WatcherState = 'behind'
  /** It has been told what was before, or that is not for it. */
  nextRevision: number
  /** Whether no event was sent since the last progress notification was due. */
  quiet = true
  /** The events of the revision that is being published. */
  batch: Event[] = []

  constructor(owner: WatcherOwner, id: number, request: WatchCreateRequest, nextRevision: number) {
    this.owner = owner
    this.id = id
    this.range = watchRange(request)
    this.startRevision = request.startRevision
    this.prevKv = request.prevKv
    this.fragment = request.fragment
    this.progressNotify = request.progressNotify
    this.#noPut = request.filters.includes(FilterType.NOPUT)
    this.#noDelete = request.filters.includes(FilterType.NODELETE)
    this.nextRevision = nextRevision
  }

  /** Whether a change of a key it watches is of a kind it wants to hear of. */
  wants(version: Version): boolean {
    return isTombstone(version) ? !this.#noDelete : !this.#noPut
  }
}

/** The range a create request gives: an empty key is the least there is. */
export function watchRange({ key, rangeEnd }: WatchCreateRequest): KeyRange {
  return requestRange(key.length === 0 ? leastKey : key, rangeEnd)
}

/** What an empty key stands for in a watch. */
export const leastKey: Uint8Array = Uint8Array.of(0)

/** A change as it is told, with what the key was before if that is wanted. */
export function eventOf(version: Version, withPrevious: boolean): Event {
  const prevKv: KeyValue | undefined = withPrevious ? previousOf(version) : undefined
  return { type: isTombstone(version) ? EventType.DELETE : EventType.PUT, kv: version.kv, prevKv }
}
