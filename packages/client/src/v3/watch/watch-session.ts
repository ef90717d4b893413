// One stream of watches: who is on it under which id, and whom an answer is for.

import {
  CompactedError,
  EtcdError,
  type MessageStream,
  parseCancelReason,
  type WatchRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import { revisionOf } from '../results.ts'
import type { Watcher } from './watcher.ts'

/** A watch that the server was asked to make. */
interface Creation {
  readonly id: number
  /** `undefined` once nobody wants it any more. */
  watcher: Watcher | undefined
}

/** Who decides what becomes of watches that the server does not make, or ends. They are not on the stream any more. */
export interface RefusedWatches {
  refused(watcher: Watcher, reason: EtcdError): void
}

/** How many watches that nobody asked for a server may tell of. */
const maxStrangers = 1000

/** What the server says of all watches at once, and of those it did not make. */
const allWatches = -1

/**
 * A stream of watches, from its opening to its end.
 *
 * Ids. The client chooses them, and never one twice, not even on another stream: an answer that comes late cannot be
 * taken for another watch's, and creations can be sent without waiting for each other. A server's own ids (0, 1, …)
 * allow neither. But etcd before 3.4 and etcd's grpc-proxy choose themselves whatever they are asked for, and the proxy
 * may answer creations out of order. So the first creation of a stream is sent alone: if its answer has the id asked
 * for, the rest follow at once, else one by one, each taking the id it is answered with.
 *
 * A creation the server refuses is answered with the id -1 (some versions: the one asked for). Servers that take ids
 * answer in the order they were asked, so the refused one is the oldest unanswered.
 */
export class WatchSession {
  readonly #stream: MessageStream<WatchRequest, WatchResponse>
  readonly #takeId: () => number
  readonly #owner: RefusedWatches
  /** Not asked for yet. */
  readonly #waiting = new Set<Watcher>()
  /** Asked for and not answered, oldest first. */
  readonly #creating: Creation[] = []
  readonly #watchers = new Map<number, Watcher>()
  readonly #ids = new Map<Watcher, number>()
  /** Ids that were canceled here and may still be told of. */
  readonly #canceling = new Set<number>()
  /** Whether the server takes the ids it is asked for; unknown before its first answer. */
  #takesIds: boolean | undefined = undefined
  #hasTold = false
  #strangers = 0
  /** How many answers to progress requests may be on their way, at most: the server leaves some unanswered. */
  #progressUnanswered = 0

  constructor(
    stream: MessageStream<WatchRequest, WatchResponse>,
    takeId: () => number,
    owner: RefusedWatches,
  ) {
    this.#stream = stream
    this.#takeId = takeId
    this.#owner = owner
  }

  /** What its transport knows it by. */
  get stream(): object {
    return this.#stream
  }

  /** How many watches the server has made on it, and keeps. */
  get size(): number {
    return this.#watchers.size
  }

  /** Whether any watch was told anything. */
  get hasTold(): boolean {
    return this.#hasTold
  }

  /** Reads the stream to its end, which it throws; ended by the server with OK is an error as well. */
  async run(): Promise<never> {
    for await (const response of this.#stream) this.#receive(response)
    throw new EtcdError('the server ended the stream', { code: 'unavailable' })
  }

  /** Has `watcher` made. */
  place(watcher: Watcher): void {
    this.#waiting.add(watcher)
    this.#create()
  }

  /** Has `watcher` ended, wherever it stands. */
  remove(watcher: Watcher): void {
    this.#waiting.delete(watcher)
    const creation = this.#creating.find((candidate) => candidate.watcher === watcher)
    // It is canceled once it has an id for sure.
    if (creation !== undefined) creation.watcher = undefined
    const id = this.#ids.get(watcher)
    if (id === undefined) return
    this.#forget(id, watcher)
    this.#cancel(id)
  }

  /** Asks how far the watches have come. */
  requestProgress(watcher: Watcher): void {
    // One that is not made yet asks again when it is.
    if (this.#ids.has(watcher)) this.#askProgress()
  }

  /** Ends the stream. */
  close(): void {
    this.#stream.cancel()
  }

  #create(): void {
    for (const watcher of this.#waiting) {
      if (this.#creating.length > 0 && this.#takesIds !== true) return
      this.#waiting.delete(watcher)
      const id = this.#takeId()
      this.#creating.push({ id, watcher })
      this.#stream.send({ createRequest: watcher.createRequest(id) })
    }
  }

  #receive(response: WatchResponse): void {
    const { watchId } = response
    if (response.created) {
      this.#answered(response)
      this.#create()
    } else if (response.canceled) {
      this.#canceled(response)
    } else if (watchId === allWatches) {
      this.#progressAnswered(revisionOf(response.header))
    } else {
      const watcher = this.#watchers.get(watchId)
      if (watcher !== undefined) {
        this.#hasTold = true
        watcher.receive(response)
      } else if (!this.#canceling.has(watchId)) this.#cancelStranger(watchId)
    }
  }

  #askProgress(): void {
    this.#progressUnanswered++
    this.#stream.send({ progressRequest: {} })
  }

  #progressAnswered(revision: number): void {
    this.#progressUnanswered = Math.max(0, this.#progressUnanswered - 1)
    let isDoubted = false
    for (const watcher of this.#ids.keys()) {
      if (!watcher.progressAnswered(revision)) isDoubted = true
    }
    if (isDoubted) this.#askProgress()
  }

  #answered(response: WatchResponse): void {
    const { watchId } = response
    const creation = this.#takeCreation(response)
    if (response.canceled) {
      if (creation?.watcher !== undefined) this.#owner.refused(creation.watcher, endOf(response))
      return
    }
    const watcher = creation?.watcher
    if (watcher === undefined) {
      if (creation === undefined) this.#cancelStranger(watchId)
      else this.#cancel(watchId)
      return
    }
    this.#watchers.set(watchId, watcher)
    this.#ids.set(watcher, watchId)
    watcher.created(revisionOf(response.header), this.#progressUnanswered)
  }

  #takeCreation({ watchId, canceled }: WatchResponse): Creation | undefined {
    const index = this.#creating.findIndex(({ id }) => id === watchId)
    if (index === -1 && !canceled && this.#takesIds === true) return undefined
    if (index !== -1) this.#takesIds = true
    else if (!canceled) this.#takesIds = false
    return this.#creating.splice(Math.max(index, 0), 1)[0]
  }

  #canceled(response: WatchResponse): void {
    const { watchId } = response
    this.#canceling.delete(watchId)
    const watcher = this.#watchers.get(watchId)
    if (watcher === undefined) return
    this.#forget(watchId, watcher)
    this.#owner.refused(watcher, endOf(response))
  }

  #forget(id: number, watcher: Watcher): void {
    this.#watchers.delete(id)
    this.#ids.delete(watcher)
  }

  // The ids are kept until the server has answered, so there must not be any number of them.
  #cancelStranger(watchId: number): void {
    if (++this.#strangers > maxStrangers) {
      const message = 'the server tells of watches that nobody asked for'
      this.#stream.cancel(new EtcdError(message, { code: 'unavailable' }))
    } else this.#cancel(watchId)
  }

  #cancel(watchId: number): void {
    this.#canceling.add(watchId)
    this.#stream.send({ cancelRequest: { watchId } })
  }
}

/** Why the server ended a watch, or did not make it. */
function endOf({ compactRevision, cancelReason }: WatchResponse): EtcdError {
  if (compactRevision !== 0) {
    return new CompactedError('required revision has been compacted', { compactRevision })
  }
  if (cancelReason === '') {
    return new EtcdError('the server canceled the watch', { code: 'watch-canceled' })
  }
  const { code, message } = parseCancelReason(cancelReason)
  const fact = message.replace(/^(?:etcdserver: )?(?:mvcc: )?/, '')
  return code === 'compacted' ? new CompactedError(fact, {}) : new EtcdError(fact, { code })
}
