// One HTTP/1.1 request to an etcd member, on a connection of its own that does not outlive it.

import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'

/** Who is asked, and how to get there. */
export interface HttpTarget {
  /** `http://127.0.0.1:2379` or `https://…`. */
  readonly endpoint: string
  readonly tls?: {
    readonly ca: string
    readonly clientCert: string
    readonly clientKey: string
  }
  /** A unix socket to connect to instead of the endpoint's host and port. */
  readonly socketPath?: string
}

/** The answer, read to its end. */
export interface HttpAnswer {
  readonly status: number
  readonly body: string
}

/** What to send, and how long to wait. */
export interface RequestOptions {
  /** POSTed as JSON; without it the request is a GET. */
  readonly body?: unknown
  /** Default: 30,000, what a busy machine may take. */
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 30_000

/** GETs a path, or POSTs a JSON body to it. Rejects when there is no whole answer within the time. */
export function requestMember(
  target: HttpTarget,
  path: string,
  options: RequestOptions = {},
): Promise<HttpAnswer> {
  const { endpoint, tls, socketPath } = target
  const url = new URL(path, endpoint)
  const settings = {
    agent: false,
    method: options.body === undefined ? 'GET' : 'POST',
    signal: AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs),
    ...(socketPath !== undefined && { socketPath }),
    ...(tls && { ca: tls.ca, cert: tls.clientCert, key: tls.clientKey }),
  } as const
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, settings)
    request.once('error', reject)
    request.once('response', (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.once('error', reject)
      response.once('close', () => resolve({ status: response.statusCode ?? 0, body }))
    })
    request.end(options.body === undefined ? undefined : JSON.stringify(options.body))
  })
}
