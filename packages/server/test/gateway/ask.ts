// One request to a server over HTTP/1.1 and all of its answer, headers included.

import { once } from 'node:events'
import { type Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

/** What is asked. */
export interface Question {
  /** Default: `POST`. */
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** Default: a connection of its own. */
  readonly agent?: Agent
}

/** What is answered. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Asks. Rejects when there is no whole answer. */
export async function ask(endpoint: string, question: Question): Promise<Answer> {
  const head = await openAnswer(endpoint, question)
  return { status: head.statusCode ?? 0, headers: head.headers, body: await text(head) }
}

/** The same, the body still to be read. */
export async function openAnswer(endpoint: string, question: Question): Promise<IncomingMessage> {
  const { method = 'POST', path, headers = {}, body, agent = false } = question
  // Not through URL, which would tidy the path up.
  const { hostname, port } = new URL(endpoint)
  const sent = request({ host: hostname, port, path, method, headers, agent })
  // An answer that is there stands, though the server has taken no more of the body.
  sent.on('error', () => {})
  sent.end(body)
  const [head] = await once(sent, 'response')
  return head as IncomingMessage
}
