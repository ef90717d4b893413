// A name server on a port of the loopback interface, which knows SRV records and nothing else.

import { createSocket, type Socket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'

const srvType = 33
const nameError = 3

/** A record as a test writes it. */
export interface Record {
  readonly target: string
  readonly port: number
  readonly priority?: number
}

/** A running name server. Names are answered as they are in `records` at the time; others do not exist. */
export class DnsServer implements AsyncDisposable {
  readonly #socket: Socket = createSocket('udp4')
  readonly records = new Map<string, readonly Record[]>()
  /** The names that were asked for. */
  readonly asked: string[] = []
  /** Does not answer. */
  silent = false

  static async start(): Promise<DnsServer> {
    const server = new DnsServer()
    server.#socket.on('message', (query, from) => {
      const answer = server.#answer(query)
      if (answer !== undefined) server.#socket.send(answer, from.port, from.address)
    })
    server.#socket.bind(0, '127.0.0.1')
    await once(server.#socket, 'listening')
    return server
  }

  /** A resolver that asks this server. */
  resolver(): Resolver {
    const resolver = new Resolver({ timeout: 2000, tries: 2 })
    resolver.setServers([`127.0.0.1:${this.#socket.address().port}`])
    return resolver
  }

  #answer(query: Buffer): Buffer | undefined {
    const { name, end } = questionOf(query)
    this.asked.push(name)
    if (this.silent) return undefined
    const records = this.records.get(name)
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8580 | (records === undefined ? nameError : 0), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records?.length ?? 0, 6)
    const question = query.subarray(12, end)
    return Buffer.concat([header, question, ...(records ?? []).map(encodeRecord)])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }
}

function questionOf(query: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  // The empty label, the type and the class.
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

function encodeRecord({ target, port, priority = 0 }: Record): Buffer {
  const labels = target
    .split('.')
    .map((label) => Buffer.concat([Buffer.of(label.length), Buffer.from(label)]))
  const name = Buffer.concat([...labels, Buffer.of(0)])
  const fixed = Buffer.alloc(18)
  // The name of the question, which is at 12.
  fixed.writeUInt16BE(0xc00c, 0)
  fixed.writeUInt16BE(srvType, 2)
  fixed.writeUInt16BE(1, 4)
  fixed.writeUInt32BE(60, 6)
  fixed.writeUInt16BE(6 + name.length, 10)
  fixed.writeUInt16BE(priority, 12)
  fixed.writeUInt16BE(port, 16)
  return Buffer.concat([fixed, name])
}
