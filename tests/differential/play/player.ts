// Plays a sequence to one server, and notes every answer.

import { type UnaryMethod, Watch, type WatchCreateRequest } from '@etcdkit/protocol'
import { Unanswered, within } from '../../support/within.ts'
import {
  type Call,
  calls,
  type Moments,
  type Operation,
  type Planned,
  resolve,
  type User,
} from '../operation.ts'
import { type Caller, type Door, refusalIn } from './door.ts'
import { KeepAlive } from './keep-alive.ts'
import { type Plain, plain } from './plain.ts'
import { type Action, Recorder } from './recorder.ts'
import { sentinelPut, WatchStream } from './watch-stream.ts'

/** An operation as it was done. */
export interface PlayedStep {
  /** What was done; `undefined` for the wait for all events, in the end. */
  readonly operation: Operation | undefined
  /** What was sent for it, its revisions told. */
  readonly sent: readonly Action[]
  readonly answer: Plain
}

/** Plays; resolves with a step for each operation and one for the end, or up to the one that was not answered. */
export async function play(
  door: Door,
  operations: readonly Operation[],
  base: number,
): Promise<PlayedStep[]> {
  const recorder = new Recorder(door)
  const player = new Player(recorder, base)
  const steps: PlayedStep[] = []
  const note = (answer: Plain): void => {
    steps.push({ operation: operations[steps.length], sent: recorder.take(), answer })
  }
  try {
    for (const operation of operations) note(await player.do(operation))
    note(await player.fence())
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
    note({ unanswered: error.message })
  } finally {
    player.close()
  }
  return steps
}

type Told = Readonly<Record<string, Plain>>

class Player {
  readonly #door: Door
  readonly #base: number
  /** The newest revision that was heard of. */
  #now: number
  readonly #streams = new Map<number, WatchStream>()
  #keepAlive: KeepAlive | undefined
  /** The last token of each user. */
  readonly #tokens = new Map<string, string>()

  constructor(door: Door, base: number) {
    this.#door = door
    this.#base = base
    this.#now = base
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.close()
    this.#keepAlive?.close()
  }

  async do(operation: Operation): Promise<Plain> {
    if (operation.kind === 'call') return await this.#call(operation)
    if (operation.kind === 'keep-alive') return await this.#renew(operation.id)
    if (operation.kind === 'peek') return await this.#peek(operation)
    if (operation.kind === 'renew') return await this.#renewOnce(operation)
    const stream = await this.#stream(operation.stream)
    if (stream.halfClosed) return 'the stream takes no more requests'
    switch (operation.kind) {
      case 'watch':
        return await this.#watch(stream, operation.request)
      case 'cancel':
        return await this.#cancel(stream, operation.watchId)
      case 'progress':
        await stream.progress()
        return await this.fence()
      case 'half-close':
        stream.halfClose()
        return 'done'
    }
  }

  async #call(call: Call): Promise<Plain> {
    // Watches are told what was before a deleted key, if it is still known when they are.
    const before = call.name === 'KV.compact' ? await this.fence() : {}
    const request = resolve<object>(call.request, this.#moments)
    // By the type of a call the request is its method's.
    const method = calls[call.name] as unknown as UnaryMethod<object, object>
    return { ...before, ...(await this.#ask(method, request, this.#caller(call.user))) }
  }

  #caller(user: User): Caller | undefined {
    return user === undefined ? undefined : { user, token: this.#tokens.get(user) ?? 'nobody.1' }
  }

  async #peek({ request, user }: Extract<Operation, { kind: 'peek' }>): Promise<Plain> {
    const stream = this.#door.stream(Watch.watch, this.#caller(user))
    try {
      stream.send({ createRequest: resolve<WatchCreateRequest>(request, this.#moments) })
      const first = stream[Symbol.asyncIterator]().next()
      const { value } = await within(first, 'an answer to a watch request')
      return value === undefined ? 'the stream has ended' : this.#plain(value)
    } finally {
      stream.cancel()
    }
  }

  async #renewOnce({ id, user }: Extract<Operation, { kind: 'renew' }>): Promise<Plain> {
    const keepAlive = new KeepAlive(this.#door, this.#caller(user))
    try {
      const answer = await within(keepAlive.renew(id), 'an answer to a keep-alive')
      return plain(answer, this.#base)
    } catch (error) {
      return { refused: plain(refusalIn(error), this.#base) }
    } finally {
      keepAlive.close()
    }
  }

  async #renew(id: string): Promise<Plain> {
    this.#keepAlive ??= new KeepAlive(this.#door)
    const answer = await within(this.#keepAlive.renew(id), 'an answer to a keep-alive')
    return plain(answer, this.#base)
  }

  async #watch(stream: WatchStream, planned: Planned<WatchCreateRequest>): Promise<Plain> {
    const revision = await this.#putSentinel()
    const request = resolve<WatchCreateRequest>(planned, this.#moments)
    const answer = await stream.create(request)
    const told = this.#plain(answer)
    const { startRevision = 0 } = request
    const isBehind = startRevision > 0 && startRevision <= revision
    if (answer.canceled || !isBehind) return told
    await this.#untilCaughtUp(revision)
    return { ...told, ...(await this.fence()) }
  }

  async #cancel(stream: WatchStream, watchId: number): Promise<Plain> {
    const before = await this.fence()
    const answers = await stream.cancel(watchId)
    return { ...before, answers: answers.map((answer) => this.#plain(answer)) }
  }

  /** What all watches were sent, once they were sent everything. A watch that is behind has to catch up first. */
  async fence(): Promise<Told> {
    if (this.#streams.size === 0) return {}
    const revision = await this.#putSentinel()
    const received: [string, Plain][] = []
    for (const [number, stream] of this.#streams) {
      await stream.untilRevision(revision)
      for (const [name, responses] of stream.takeReceived()) {
        received.push([`stream ${number}, ${name}`, responses.map((each) => this.#plain(each))])
      }
    }
    return Object.fromEntries(received)
  }

  /** Resolves when no watch is behind: etcd sees to those that are all at once, so one more tells of those before it. */
  async #untilCaughtUp(revision: number): Promise<void> {
    const stream = new WatchStream(this.#door)
    try {
      await stream.open(revision)
      await stream.untilRevision(revision)
    } finally {
      stream.close()
    }
  }

  async #putSentinel(): Promise<number> {
    await this.#ask(sentinelPut.method, sentinelPut.request)
    return this.#now
  }

  async #ask(method: UnaryMethod<object, object>, request: object, caller?: Caller): Promise<Told> {
    const answer = await within(this.#door.call(method, request, caller), 'an answer')
    if (answer.kind === 'message' && 'token' in answer.message && 'name' in request) {
      this.#tokens.set(String(request.name), String(answer.message.token))
    }
    if (answer.kind === 'refusal') return { refused: plain(answer.refusal, this.#base) }
    return this.#plain(answer.message)
  }

  #plain(message: object): Told {
    const { header } = message as { readonly header?: { readonly revision: number } }
    this.#now = Math.max(this.#now, header?.revision ?? 0)
    return plain(message, this.#base)
  }

  async #stream(number: number): Promise<WatchStream> {
    const known = this.#streams.get(number)
    if (known !== undefined) return known
    const stream = new WatchStream(this.#door)
    this.#streams.set(number, stream)
    await stream.open()
    return stream
  }

  get #moments(): Moments {
    return { base: this.#base, now: this.#now }
  }
}
