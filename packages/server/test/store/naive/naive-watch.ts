// What a watch stream must have told by the end, held against what it told.

import assert from 'node:assert/strict'
import {
  EventType,
  FilterType,
  type MessageInit,
  type WatchCreateRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import type { WatchStream } from '../../../src/store/watch-stream.ts'
import { bytes, short, text, type World } from '../world.ts'
import { entryOf } from './answers.ts'
import type { WatchInit } from './commands.ts'
import { byBytes, type Change, covers, type NaiveState } from './naive-state.ts'

/** An answer, and how the store stood when it was given. */
interface Told {
  readonly response: WatchResponse
  readonly compacted: number
}

/** A watcher: what it asked for, and what it was told. */
interface NaiveWatcher {
  readonly init: WatchInit
  /** The first revision it hears of. */
  readonly from: number
  /** The newest revision when it was canceled. */
  canceledAt?: number
  readonly told: Told[]
}

/** A watch stream of the model, beside one of the store. */
export class NaiveWatchStream {
  readonly #world: World
  readonly #state: NaiveState
  readonly #stream: WatchStream
  readonly #told: Told[] = []
  readonly #open = new Map<number, NaiveWatcher>()
  /** The watchers of each id, in the order of their making. */
  readonly #byId = new Map<number, NaiveWatcher[]>()
  #nextId = 0
  #refusals = 0
  #cancels = 0
  #room = Number.POSITIVE_INFINITY

  constructor(world: World, state: NaiveState) {
    this.#world = world
    this.#state = state
    this.#stream = world.store.watch((response) => this.#take(response))
  }

  create(init: WatchInit): void {
    this.#stream.create(createRequest(init))
    const key = init.key === '' ? '\0' : init.key
    const { rangeEnd } = init
    const upsideDown = rangeEnd !== '' && rangeEnd !== '\0' && byBytes(key, rangeEnd) >= 0
    const taken = init.watchId !== 0 && this.#open.has(init.watchId)
    if (init.startRevision < 0 || upsideDown || taken) {
      this.#refusals += 1
      return
    }
    const from = init.startRevision === 0 ? this.#state.revision + 1 : init.startRevision
    const watcher = { init: { ...init, key }, from, told: [] }
    const id = init.watchId === 0 ? this.#freeId() : init.watchId
    this.#open.set(id, watcher)
    this.#byId.set(id, [...(this.#byId.get(id) ?? []), watcher])
  }

  cancel(watchId: number): void {
    this.#stream.cancel(watchId)
    const watcher = this.#open.get(watchId)
    if (watcher === undefined) return
    watcher.canceledAt = this.#state.revision
    this.#open.delete(watchId)
    this.#cancels += 1
  }

  progress(): void {
    this.#stream.progress()
  }

  /** Lets the reader take `room` more answers. */
  makeRoom(room: number): void {
    this.#room = room
    this.#stream.ready()
  }

  /** Lets the reader take all there is, and judges it. */
  finish(): void {
    this.makeRoom(Number.POSITIVE_INFINITY)
    // Each turn brings a watcher that is behind a batch.
    for (let turn = 0; turn < 100; turn++) this.#world.clock.advance(0)
    this.#sortOut()
    for (const watchers of this.#byId.values()) {
      for (const watcher of watchers) judge(watcher, this.#state)
    }
  }

  #take(response: WatchResponse): boolean {
    this.#told.push({ response, compacted: this.#world.store.compactRevision })
    assert.ok((response.header?.revision ?? 0) <= this.#world.store.revision)
    this.#room -= 1
    return this.#room > 0
  }

  #freeId(): number {
    while (this.#open.has(this.#nextId)) this.#nextId += 1
    return this.#nextId++
  }

  /** Gives each answer to the watcher it is for. */
  #sortOut(): void {
    const made = new Map<number, number>()
    let refusals = 0
    let cancels = 0
    for (const told of this.#told) {
      const { watchId, created, canceled, compactRevision } = told.response
      if (created && canceled) refusals += 1
      if (canceled && !created && compactRevision === 0) cancels += 1
      // Of no watcher: refusals, and progress.
      if (watchId === -1) continue
      if (created) made.set(watchId, (made.get(watchId) ?? 0) + 1)
      const watcher = this.#byId.get(watchId)?.[(made.get(watchId) ?? 0) - 1]
      assert.ok(watcher, `an answer to no one: ${short(told.response)}`)
      watcher.told.push(told)
    }
    assert.deepEqual([refusals, cancels], [this.#refusals, this.#cancels])
    for (const [id, watchers] of this.#byId) assert.equal(made.get(id), watchers.length)
  }
}

function createRequest(init: WatchInit): WatchCreateRequest {
  const { key, rangeEnd, noPut, noDelete, ...rest } = init
  const request: MessageInit<WatchCreateRequest> = {
    ...rest,
    key: bytes(key),
    rangeEnd: bytes(rangeEnd),
    filters: [...(noPut ? [FilterType.NOPUT] : []), ...(noDelete ? [FilterType.NODELETE] : [])],
  }
  return { progressNotify: false, filters: [], ...request } as WatchCreateRequest
}

/** Everything the watcher should have heard of, or up to where it was canceled or overtaken. */
function judge(watcher: NaiveWatcher, state: NaiveState): void {
  const [created, ...rest] = watcher.told
  assert.ok(created?.response.created && created.response.events.length === 0)
  const last = rest.findIndex(({ response }) => response.canceled && response.compactRevision === 0)
  assert.equal(
    last,
    watcher.canceledAt === undefined ? -1 : rest.length - 1,
    'the last is the cancel',
  )
  const overtaken = rest.find(({ response }) => response.compactRevision !== 0)
  const eventful = rest.filter(({ response }) => response.events.length > 0)
  assert.equal(eventful.length + (overtaken ? 1 : 0) + (last === -1 ? 0 : 1), rest.length)
  checkRevisions(eventful)
  const wanted = state.changes.filter((change) => hears(watcher, change))
  const heard = eventful.flatMap((told) => told.response.events.map((event) => ({ event, told })))
  const expected = wanted.slice(0, heard.length)
  assert.deepEqual(
    heard.map(({ event }) => [event.type, text(event.kv?.key), event.kv && entryOf(event.kv)]),
    expected.map(({ entry, key, revision }) =>
      entry === undefined
        ? [
            EventType.DELETE,
            key,
            { key, value: '', create: 0, mod: revision, version: 0, lease: '0' },
          ]
        : [EventType.PUT, key, entry],
    ),
  )
  heard.forEach(({ event, told }, index) => {
    const change = expected[index] as Change
    const previous = watcher.init.prevKv ? change.previous : undefined
    // What is compacted may be missing, but nothing else.
    if (event.prevKv === undefined && change.revision - 1 < told.compacted) return
    assert.deepEqual(event.prevKv && entryOf(event.prevKv), previous)
  })
  if (overtaken !== undefined) judgeOvertaken(watcher, state, overtaken, expected.at(-1)?.revision)
  else if (watcher.canceledAt === undefined) assert.equal(heard.length, wanted.length)
}

/** Who is told that it was overtaken was behind: from the start, or by a change that was then compacted. */
function judgeOvertaken(
  watcher: NaiveWatcher,
  state: NaiveState,
  { response, compacted }: Told,
  heardTo = 0,
): void {
  const { compactRevision, header, cancelReason } = response
  assert.deepEqual([compactRevision, header?.revision, cancelReason], [compacted, 0, ''])
  const behind = state.changes.some(
    (change) =>
      covers(watcher.init.key, watcher.init.rangeEnd, change.key) &&
      change.revision > heardTo &&
      change.revision < compacted,
  )
  assert.ok(behind || (heardTo === 0 && watcher.from < compacted))
}

/** Each answer goes on where the last one ended; no revision is in two. */
function checkRevisions(eventful: readonly Told[]): void {
  let before = 0
  for (const { response } of eventful) {
    const revisions = response.events.map(({ kv }) => kv?.modRevision ?? 0)
    assert.ok((revisions[0] ?? 0) > before, 'a revision was split')
    assert.deepEqual(
      [...revisions].sort((a, b) => a - b),
      revisions,
    )
    assert.ok(new Set(revisions).size <= 3, 'a batch is too large')
    before = revisions.at(-1) ?? before
    assert.ok(before <= (response.header?.revision ?? 0))
  }
}

function hears({ init, from, canceledAt }: NaiveWatcher, change: Change): boolean {
  if (change.revision < from) return false
  if (canceledAt !== undefined && change.revision > canceledAt) return false
  if (change.entry === undefined ? init.noDelete : init.noPut) return false
  return covers(init.key, init.rangeEnd, change.key)
}
