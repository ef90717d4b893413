// Requests of the v2 API as they go over the wire, for tests that look at statuses, headers and bodies themselves.

import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { pollUntil } from './poll.ts'

/** What is asked. */
export interface V2Request {
  /** Default: GET. */
  readonly method?: string
  /** With its query, encoded as it is to be sent. */
  readonly path: string
  /** Sent as a form, encoded as it is to be sent, unless a content type says otherwise. */
  readonly body?: string | undefined
  /** Names in lower case. */
  readonly headers?: Readonly<Record<string, string>>
}

/** What is answered. */
export interface V2Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** An answer whose body goes on. */
export interface V2Stream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The lines that have come. */
  readonly lines: readonly string[]
  /** What came after the last line's end. */
  readonly rest: string
  /** Whether the body has ended, well or not. */
  readonly ended: boolean
  /** Resolves when `isMet` answers true, looked at with each line and at the end; or when it has ended. */
  until(isMet: (stream: V2Stream) => boolean): Promise<void>
  /** Hangs up. */
  close(): void
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** A client of one server, its connections kept until it is closed. */
export class V2Client {
  readonly #endpoint: string
  readonly #agent = new Agent({ keepAlive: true })

  constructor(endpoint: string) {
    this.#endpoint = endpoint
  }

  /** Asks, and reads the answer to its end. */
  async send(asked: V2Request): Promise<V2Answer> {
    const response = await this.#ask(asked)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk)
    const { status, headers } = describe(response)
    return { status, headers, body: Buffer.concat(chunks).toString() }
  }

  /** Asks; resolves when the head of the answer is there. */
  async open(asked: V2Request): Promise<V2Stream> {
    const response = await this.#ask(asked)
    return new Stream(response)
  }

  close(): void {
    this.#agent.destroy()
  }

  #ask({ method = 'GET', path, body, headers }: V2Request): Promise<IncomingMessage> {
    const { hostname, port } = new URL(this.#endpoint)
    // As it stands: a URL would be made clean first.
    const sent: ClientRequest = request({
      hostname,
      port,
      path,
      method,
      agent: this.#agent,
      headers: {
        ...(body !== undefined && form),
        ...headers,
        ...(body !== undefined && { 'content-length': String(Buffer.byteLength(body)) }),
      },
    })
    sent.end(body)
    return new Promise((resolve, reject) => {
      sent.once('error', reject)
      sent.once('response', resolve)
    })
  }
}

class Stream implements V2Stream {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly lines: string[] = []
  rest = ''
  ended = false
  readonly #response: IncomingMessage
  readonly #checks = new Set<() => void>()

  constructor(response: IncomingMessage) {
    this.#response = response
    const { status, headers } = describe(response)
    this.status = status
    this.headers = headers
    response.setEncoding('utf8').on('data', (text: string) => this.#take(text))
    response.on('error', () => {})
    response.on('close', () => {
      this.ended = true
      this.#wake()
    })
  }

  until(isMet: (stream: V2Stream) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        if (!this.ended && !isMet(this)) return
        this.#checks.delete(check)
        resolve()
      }
      this.#checks.add(check)
      check()
    })
  }

  close(): void {
    this.#response.destroy()
  }

  #take(text: string): void {
    const parts = (this.rest + text).split('\n')
    this.rest = parts.pop() ?? ''
    this.lines.push(...parts)
    this.#wake()
  }

  #wake(): void {
    for (const check of [...this.#checks]) check()
  }
}

function describe(response: IncomingMessage): Pick<V2Answer, 'status' | 'headers'> {
  const entries = Object.entries(response.headers).map(([name, value]) => [name, String(value)])
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(entries) }
}

/** Resolves when a cluster has agreed on its version, which it notes in the v2 store, a moment after it begins to serve. */
export async function untilVersionDecided(client: V2Client): Promise<void> {
  const isDecided = async (): Promise<boolean> => {
    const { body } = await client.send({ path: '/version' })
    return !body.includes('not_decided')
  }
  await pollUntil(isDecided, { what: 'the version of the cluster', deadlineMs: 60_000 })
}
