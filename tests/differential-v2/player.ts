// Plays a sequence to one server, and notes every answer.

import type { V2Client, V2Stream } from '../support/v2-http.ts'
import { Unanswered, within } from '../support/within.ts'
import { listTop, sentinelPath } from './common-ground.ts'
import { encodeParameters, type Moments, type Operation } from './operation.ts'
import { plainAnswer, plainBody, plainHeaders } from './plain.ts'

/** An operation as it was done. */
export interface PlayedStep {
  /** What was done; `undefined` for the wait for all events, in the end. */
  readonly operation: Operation | undefined
  /** What was sent for it, as commands. */
  readonly sent: readonly string[]
  readonly answer: unknown
}

/** Plays; resolves with a step for each operation and one for the end, or up to the one that was not answered. */
export async function play(
  client: V2Client,
  operations: readonly Operation[],
  base: number,
): Promise<PlayedStep[]> {
  const player = new Player(client, base)
  const steps: PlayedStep[] = []
  const note = (answer: unknown): void => {
    steps.push({ operation: operations[steps.length], sent: player.take(), answer })
  }
  try {
    await player.begin()
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

interface Watch {
  /** As an event tells it. */
  readonly key: string
  readonly isStream: boolean
  readonly stream: V2Stream
}

/** More than any watch looks ahead. */
const fencePuts = 4
// Some watches are told nothing any more, by etcd as by ours, and nothing but silence shows it.
const silenceMs = 5000

class Player {
  readonly #client: V2Client
  readonly #base: number
  #now: number
  #sent: string[] = []
  readonly #watches: Watch[] = []
  #counts: Readonly<Record<string, number>> = {}

  constructor(client: V2Client, base: number) {
    this.#client = client
    this.#base = base
    this.#now = base
  }

  /** What was sent since this was last asked. */
  take(): readonly string[] {
    const sent = this.#sent
    this.#sent = []
    return sent
  }

  close(): void {
    for (const { stream } of this.#watches) stream.close()
  }

  async begin(): Promise<void> {
    this.#counts = await this.#readCounts()
  }

  async do(operation: Operation): Promise<unknown> {
    switch (operation.kind) {
      case 'request':
        return await this.#request(operation)
      case 'watch':
        return await this.#watch(operation)
      case 'stats':
        return await this.#stats()
      case 'auth':
        return await this.#auth(operation)
      case 'keys-as': {
        const { method, path, as } = operation
        const body = method === 'PUT' ? 'value=one' : undefined
        return await this.#ask(method, `/v2/keys${path}`, { body, headers: basic(as) })
      }
    }
  }

  /** What all watches were told, once each was told of a write to its own path. */
  async fence(): Promise<unknown> {
    if (this.#watches.length === 0) return 'no watches'
    for (const path of await listTop(this.#client)) await this.#delete(path)
    const keys = new Set(this.#watches.map(({ key }) => key).filter((key) => key !== '/'))
    for (const key of [...keys, sentinelPath]) {
      for (let count = 1; count <= fencePuts; count++) await this.#put(key, `~${count}`)
      await this.#delete(key)
    }
    const told = []
    for (const watch of this.#watches) told.push(await this.#settle(watch))
    return told
  }

  async #request(operation: Extract<Operation, { kind: 'request' }>): Promise<unknown> {
    const { method, path, query, form } = operation
    const url = `/v2/keys${path}${this.#query(query)}`
    const body = form && encodeParameters(form, this.#moments)
    const isSorted = query.some(
      ([name, value]) => name === 'sorted' && /^(?:true|1)$/.test(String(value)),
    )
    return await this.#ask(method, url, { body, isSorted })
  }

  async #auth(operation: Extract<Operation, { kind: 'auth' }>): Promise<unknown> {
    const { method, path, json, as } = operation
    const headers = {
      ...basic(as),
      ...(json !== undefined && { 'content-type': 'application/json' }),
    }
    return await this.#ask(method, `/v2/auth${path}`, { body: json, headers })
  }

  async #watch({ path, query }: Extract<Operation, { kind: 'watch' }>): Promise<unknown> {
    const url = `/v2/keys${path}${this.#query(query)}`
    this.#sent.push(`curl -sN "$ENDPOINT${url}" &`)
    const stream = await within(this.#client.open({ path: url }), 'the head of an answer')
    const isStream = query.some(
      ([name, value]) => name === 'stream' && /^(?:true|1)$/.test(String(value)),
    )
    this.#watches.push({ key: decodeURIComponent(path), isStream, stream })
    return { status: stream.status, headers: plainHeaders(stream.headers) }
  }

  async #stats(): Promise<unknown> {
    this.#sent.push('curl -s "$ENDPOINT/v2/stats/store"')
    const counts = await this.#readCounts()
    const changed = Object.entries(counts).map(([name, count]) => [
      name,
      count - (this.#counts[name] ?? 0),
    ])
    return Object.fromEntries(changed)
  }

  async #readCounts(): Promise<Readonly<Record<string, number>>> {
    const { body } = await within(this.#client.send({ path: '/v2/stats/store' }), 'an answer')
    // Counts and nothing else. Watches that were hung up on are noticed sooner or later.
    const { watchers: _, ...counts } = JSON.parse(body) as Record<string, number>
    return counts
  }

  async #settle({ key, isStream, stream }: Watch): Promise<unknown> {
    const last = `"key":"${key === '/' ? sentinelPath : key}","value":"~${fencePuts}"`
    const start = Number(stream.headers['x-etcd-index'] ?? 0)
    const isDone = ({ lines }: V2Stream): boolean =>
      isStream && (lines.some((line) => line.includes(last)) || isPast(lines[0], start))
    await within(stream.until(isDone), `the event of a watch of ${key}`, silenceMs)
    const end = stream.lines.findIndex((line) => line.includes(last))
    const lines = end === -1 ? stream.lines : stream.lines.slice(0, end + 1)
    return lines.map((line) => plainBody(line))
  }

  async #ask(method: string, path: string, options: AskOptions = {}): Promise<unknown> {
    const { body, headers = {}, isSorted = false } = options
    this.#sent.push(describeCommand(method, path, options))
    const answer = await within(this.#client.send({ method, path, body, headers }), 'an answer')
    this.#now = Math.max(this.#now, Number(answer.headers['x-etcd-index'] ?? 0))
    return plainAnswer(answer, isSorted)
  }

  async #put(path: string, value: string): Promise<void> {
    await this.#ask('PUT', `/v2/keys${path}`, { body: `value=${value}` })
  }

  async #delete(path: string): Promise<void> {
    await this.#ask('DELETE', `/v2/keys${path}?recursive=true`)
  }

  #query(parameters: Extract<Operation, { kind: 'watch' }>['query']): string {
    return parameters.length === 0 ? '' : `?${encodeParameters(parameters, this.#moments)}`
  }

  get #moments(): Moments {
    return { base: this.#base, now: this.#now }
  }
}

interface AskOptions {
  readonly body?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
  readonly isSorted?: boolean
}

/** Whether a stream was told of what is past: after that it is told of nothing. */
function isPast(line: string | undefined, start: number): boolean {
  if (line === undefined) return false
  // An event, or an error, which has no node.
  const { node } = JSON.parse(line) as { readonly node?: { readonly modifiedIndex: number } }
  return node !== undefined && node.modifiedIndex <= start
}

function basic(as: string | undefined): Readonly<Record<string, string>> {
  if (as === undefined) return {}
  return { authorization: `Basic ${Buffer.from(as).toString('base64')}` }
}

function describeCommand(method: string, path: string, { body, headers }: AskOptions): string {
  const parts = [
    'curl -si --path-as-is',
    ...(method === 'GET' ? [] : [method === 'HEAD' ? '-I' : `-X ${method}`]),
    ...Object.entries(headers ?? {}).map(([name, value]) => `-H '${name}: ${value}'`),
    `"$ENDPOINT${path}"`,
    ...(body === undefined ? [] : [`-d '${body}'`]),
  ]
  return parts.join(' ')
}
