// The embedded server's gateway answers as etcd's does: status, headers and body, request for request. That of etcd 3.5
// (Debian's) is the gateway of 3.6; that of 3.4 is the older one, whose errors `gatewayErrors: 'v1'` has.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, before, it } from 'node:test'
import { EtcdServer } from '@etcdkit/server'
import { etcdVersions } from '../support/etcd-binary.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { describeWith, etcdRequirement } from '../support/suites.ts'
import { type GatewayRequest, gatewayRequests } from './gateway-requests.ts'

interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

for (const version of etcdVersions) {
  describeWith(etcdRequirement(version), 'the gateway of the embedded server', () => {
    let server: EtcdServer
    let etcd: RunningEtcd
    before(async () => {
      server = await EtcdServer.listen({ port: 0, gatewayErrors: version === '3.4' ? 'v1' : 'v2' })
      etcd = await startEtcd({ version })
    })
    after(async () => {
      await server.close()
      await etcd[Symbol.asyncDispose]()
    })

    const tokens = new Map<string, string>()
    gatewayRequests.forEach((asked, index) => {
      const { line, body, not, not34, ownWords } = asked
      const reason = not ?? (version === '3.4' ? not34 : undefined)
      const name = `${index} ${line} ${String(body).slice(0, 100)}`
      const askBoth = async (): Promise<[Answer, Answer | undefined]> => {
        const ours = await exchange(server.endpoint, asked, tokens)
        const theirs = exchange(etcd.endpoints[0] ?? '', asked, tokens)
        // What breaks etcd is none of ours; the next request tells when it is more than a connection.
        return [ours, reason === undefined ? await theirs : await theirs.catch(() => undefined)]
      }
      if (reason !== undefined) {
        it(`${name} is answered, other than by etcd: ${reason}`, async () => {
          const [ours, theirs] = await askBoth()
          assert.notDeepEqual(comparable(ours, ownWords), theirs && comparable(theirs, ownWords))
        })
        return
      }
      it(`${name} is answered alike`, async () => {
        const [ours, theirs] = await askBoth()
        assert.deepEqual(comparable(ours, ownWords), theirs && comparable(theirs, ownWords))
      })
    })
  })
}

async function exchange(
  endpoint: string,
  { line, body, headers, lines }: GatewayRequest,
  tokens: Map<string, string>,
): Promise<Answer> {
  const [path = '', method = 'POST'] = line.split(' ').reverse()
  const { hostname, port } = new URL(endpoint)
  const token = tokens.get(endpoint) ?? ''
  const sent = Object.entries(headers).map(([name, value]) => [name, value.replace('TOKEN', token)])
  const asked = request({
    host: hostname,
    port,
    method,
    path,
    agent: false,
    headers: Object.fromEntries(sent),
  })
  asked.end(body)
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  const read = lines === undefined ? await text(answer) : await readLines(answer, lines)
  const given = /"token":\s*"([^"]+)"/.exec(read)?.[1]
  if (given !== undefined) tokens.set(endpoint, given)
  return { status: answer.statusCode, headers: answer.headers, body: parse(read) }
}

async function readLines(answer: IncomingMessage, count: number): Promise<string> {
  const lines: string[] = []
  for await (const line of createInterface({ input: answer })) {
    lines.push(line)
    if (lines.length === count) break
  }
  answer.destroy()
  return lines.join('\n')
}

/** JSON, one value or a line each; or what is none, as it is. */
function parse(body: string): unknown {
  try {
    return body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  } catch {
    return body
  }
}

/** Those that are asked of both servers, and follow from what they answer. */
const comparedHeaders =
  /^(?:content-type|location|www-authenticate|grpc-metadata-.*|access-control-.*|x-content-.*|allow)$/

/** What is each server's own, and no part of an answer. */
const ownFields: ReadonlySet<string> = new Set([
  ...['cluster_id', 'member_id', 'raft_term', 'hash', 'token', 'leader', 'ID', 'name', 'version'],
  ...['clientURLs', 'peerURLs', 'dbSize', 'dbSizeInUse', 'dbSizeQuota', 'raftIndex', 'raftTerm'],
  ...['raftAppliedIndex', 'storageVersion', 'downgradeInfo'],
])

function comparable({ status, headers, body }: Answer, ownWords: boolean): object {
  const kept = Object.entries(headers).filter(([name]) => comparedHeaders.test(name))
  return { status, headers: Object.fromEntries(kept.toSorted()), body: withoutOwn(body, ownWords) }
}

function withoutOwn(value: unknown, ownWords: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutOwn(item, ownWords))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([name]) => !ownFields.has(name))
  return Object.fromEntries(
    entries.map(([name, item]) => {
      const isWords = ownWords && typeof item === 'string' && /^(?:message|error)$/.test(name)
      if (isWords) return [name, 'in words']
      return [name, isBegun(name, item) ? 'nearly 1000' : withoutOwn(item, ownWords)]
    }),
  )
}

/** Whether this is what is left of a lease of 1000 seconds: how many have gone is each server's own. */
function isBegun(name: string, item: unknown): boolean {
  return name === 'TTL' && typeof item === 'string' && /^9\d\d$/.test(item)
}
