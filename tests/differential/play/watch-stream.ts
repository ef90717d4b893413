// A watch stream whose answers can be waited for: what was asked for comes in the order of asking, and a watch of a key
// of its own tells when all events up to a revision have come.

import {
  encodeUtf8,
  type KeyValue,
  KV,
  type MessageInit,
  type MessageStream,
  Watch,
  type WatchCreateRequest,
  type WatchRequest,
  type WatchResponse,
} from '@etcdkit/protocol'
import { Unanswered, within } from '../../support/within.ts'
import type { Door } from './door.ts'

const sentinelKey = encodeUtf8('~')

/** The call that {@link WatchStream.untilRevision} hears of. It is part of the sequence: who watches everything sees it. */
export const sentinelPut: { readonly method: typeof KV.put; readonly request: object } = {
  method: KV.put,
  request: { key: sentinelKey },
}

/** The id of the watch of that key; no sequence gives it. */
const sentinelId = 1000

function isSentinel(kv: KeyValue | undefined): boolean {
  return kv !== undefined && Buffer.compare(kv.key, sentinelKey) === 0
}

/** What a watch or the stream itself was sent, since it was last asked for. */
export type Received = ReadonlyMap<string, readonly WatchResponse[]>

/** A stream, from its opening to its end. */
export class WatchStream {
  readonly #stream: MessageStream<WatchRequest, WatchResponse>
  /** Answers to requests, which come in order, though events may come between. */
  #answers: WatchResponse[] = []
  #received = new Map<string, WatchResponse[]>()
  #heard = 0
  #ended: Unanswered | undefined
  /** Called at whatever comes, and when nothing more will. */
  readonly #waiting = new Set<() => void>()
  halfClosed = false

  constructor(door: Door) {
    this.#stream = door.stream(Watch.watch)
    this.#read().catch(() => {})
  }

  /** Starts the watch that {@link untilRevision} needs, from a revision on or from now. */
  async open(startRevision?: number): Promise<void> {
    await this.create({ key: sentinelKey, watchId: sentinelId, startRevision })
  }

  /** Asks for a watch; resolves with the answer. */
  async create(createRequest: MessageInit<WatchCreateRequest>): Promise<WatchResponse> {
    this.#stream.send({ createRequest })
    const isAnswer = (): boolean => this.#answers.some(({ created }) => created)
    await this.#until(isAnswer, 'an answer to a watch request')
    const [answer, ...rest] = this.#answers
    this.#answers = rest
    // It waited for one.
    return answer as WatchResponse
  }

  /** Ends a watch; resolves with the answer, if there is one. */
  async cancel(watchId: number): Promise<readonly WatchResponse[]> {
    this.#stream.send({ cancelRequest: { watchId } })
    return await this.#untilHandled()
  }

  /** Asks for the revision. An answer is among what {@link takeReceived} tells, once a later revision was heard of. */
  async progress(): Promise<void> {
    this.#stream.send({ progressRequest: {} })
    await this.#untilHandled()
  }

  /** Resolves when all events up to `revision`, that of {@link sentinelPut}, have come to watches that are not behind. */
  async untilRevision(revision: number): Promise<void> {
    await this.#until(() => this.#heard >= revision, 'the event of a key that is watched')
  }

  /** Events, progress, and watches ended by the server. */
  takeReceived(): Received {
    const received = this.#received
    this.#received = new Map()
    return received
  }

  /** Says that no more requests will come. */
  halfClose(): void {
    this.halfClosed = true
    this.#stream.end()
  }

  close(): void {
    this.#stream.cancel()
  }

  /** Resolves when all requests until now were handled, with the answers to them. */
  async #untilHandled(): Promise<readonly WatchResponse[]> {
    // Refused, as no key is in the range, and answered like any other.
    const key = Uint8Array.of(1)
    this.#stream.send({ createRequest: { key, rangeEnd: key } })
    const isAnswer = (): boolean => this.#answers.some(({ created }) => created)
    await this.#until(isAnswer, 'an answer to a watch request')
    const answers = this.#answers.slice(0, -1)
    this.#answers = []
    return answers
  }

  async #read(): Promise<void> {
    try {
      for await (const response of this.#stream) {
        this.#take(response)
        this.#wake()
      }
      this.#ended = new Unanswered('the stream has ended')
    } catch (error) {
      this.#ended = new Unanswered(`the stream has ended: ${error}`)
    }
    this.#wake()
  }

  #take(response: WatchResponse): void {
    const { watchId, created, canceled, compactRevision, events } = response
    if (created || (canceled && compactRevision === 0)) {
      this.#answers.push(response)
    } else if (watchId === sentinelId && !canceled) {
      this.#heard = Math.max(this.#heard, events.at(-1)?.kv?.modRevision ?? 0)
    } else if (events.length === 0) {
      this.#note(watchId === -1 && !canceled ? 'progress' : `watch ${watchId}`, response)
    } else {
      // Of one revision, who is told first is open: so the event that is waited for is told by nobody else.
      const told = events.filter(({ kv }) => !isSentinel(kv))
      if (told.length > 0) this.#note(`watch ${watchId}`, { ...response, events: told })
    }
  }

  #note(name: string, response: WatchResponse): void {
    this.#received.set(name, [...(this.#received.get(name) ?? []), response])
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check()
  }

  async #until(isMet: () => boolean, what: string): Promise<void> {
    let stop = (): void => {}
    const met = new Promise<void>((resolve, reject) => {
      const check = (): void => {
        if (isMet()) resolve()
        else if (this.#ended !== undefined) reject(this.#ended)
      }
      this.#waiting.add(check)
      stop = () => this.#waiting.delete(check)
      check()
    })
    try {
      await within(met, what)
    } finally {
      stop()
    }
  }
}
