// A fake of etcd 0.4, as far as clients of the v2 API can tell it from later ones: followers that send writes to the
// leader, reads that may be stale, the admin API on the peer port, and its own dialect of requests and answers.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { keysRoot } from '../../packages/server/src/v2/keys/render.ts'
import { answerAdmin } from './old-etcd/admin.ts'
import { type AdminConfig, initialConfig } from './old-etcd/admin-config.ts'
import { answerKeys } from './old-etcd/keys.ts'
import { answerPage } from './old-etcd/pages.ts'
import { Replica } from './old-etcd/replica.ts'
import type { OldCluster, OldMember, OldRequest } from './old-etcd/shape.ts'

export type { OldMember, OldRequest } from './old-etcd/shape.ts'

/** A running fake. */
export interface OldEtcd extends AsyncDisposable {
  /** In the order of their names: `m1`, `m2`, … */
  readonly members: readonly OldMember[]
  readonly leader: OldMember
  /** Everything that was asked, in order. */
  readonly requests: readonly OldRequest[]
  /** Has another member lead. */
  lead(name: string): void
  /** Has followers hear of no more writes, until the answer is called. */
  lag(): () => void
}

interface Running {
  readonly member: OldMember
  readonly servers: readonly Server[]
}

/** Starts one of so many members; `m1` leads. */
export async function startOldEtcd({ members: count = 3 } = {}): Promise<OldEtcd> {
  const cluster = new FakeCluster()
  const running: Running[] = []
  const sockets = new Set<Socket>()
  for (let number = 1; number <= count; number++) {
    running.push(await startMember(cluster, `m${number}`, sockets))
  }
  const [first] = running
  if (first === undefined) throw new RangeError('Cannot start etcd 0.4: no members')
  cluster.begin(running.map(({ member }) => member))
  return {
    get members() {
      return cluster.members
    },
    get leader() {
      return cluster.leader
    },
    requests: cluster.requests,
    lead: (name) => cluster.lead(name),
    lag: () => cluster.lag(),
    async [Symbol.asyncDispose]() {
      for (const { member } of running) member.replica.close()
      for (const socket of sockets) socket.destroy()
      await Promise.all(running.flatMap(({ servers }) => servers.map(close)))
    },
  }
}

async function startMember(
  cluster: FakeCluster,
  name: string,
  sockets: Set<Socket>,
): Promise<Running> {
  const replica = new Replica()
  const find = (): OldMember => cluster.find(name) ?? member
  const client = createServer((request, response) => {
    cluster.note(name, 'client', request)
    serveClient(cluster, find(), request, response)
  })
  const peer = createServer((request, response) => {
    cluster.note(name, 'peer', request)
    answerAdmin(cluster, find(), request, response).catch(() => response.destroy())
  })
  const urls: string[] = []
  for (const server of [client, peer]) {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    urls.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`) // not a pipe
  }
  const [clientUrl = '', peerUrl = ''] = urls
  const member: OldMember = { name, clientUrl, peerUrl, replica }
  return { member, servers: [client, peer] }
}

function serveClient(
  cluster: OldCluster,
  member: OldMember,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  if (request.url?.startsWith('/v2/keys/')) {
    answerKeys(cluster, member, request, response).catch(() => response.destroy())
  } else {
    answerPage(cluster, member, request, response)
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

class FakeCluster implements OldCluster {
  #members: readonly OldMember[] = []
  #leader = 'm1'
  #isLagging = false
  config: AdminConfig = initialConfig
  readonly requests: OldRequest[] = []

  get members(): readonly OldMember[] {
    return this.#members
  }

  get leader(): OldMember {
    // Whoever leads is a member.
    return this.find(this.#leader) as OldMember
  }

  find(name: string): OldMember | undefined {
    return this.#members.find((member) => member.name === name)
  }

  /** Members are noted in the store, where old clients look for them. */
  begin(members: readonly OldMember[]): void {
    this.#members = members
    for (const { name, clientUrl, peerUrl } of members) {
      const value = `etcd=${encodeURIComponent(clientUrl)}&raft=${encodeURIComponent(peerUrl)}`
      this.write((replica) => replica.store.set(`${keysRoot}/_etcd/machines/${name}`, { value }))
    }
  }

  lead(name: string): void {
    if (this.find(name) === undefined) throw new TypeError(`Cannot lead: there is no ${name}`)
    this.#leader = name
  }

  lag(): () => void {
    this.#isLagging = true
    return () => {
      this.#isLagging = false
      for (const { replica } of this.#members) replica.catchUp()
    }
  }

  remove(name: string): void {
    this.#members = this.#members.filter((member) => member.name !== name)
    this.write((replica) =>
      replica.store.delete(`${keysRoot}/_etcd/machines/${name}`, { dir: false, recursive: false }),
    )
  }

  /** Done by the leader at once, by the others as soon as they hear of it. */
  write<T>(change: (replica: Replica) => T): T {
    for (const { name, replica } of this.#members) {
      if (name !== this.#leader) replica.later(change)
    }
    try {
      return change(this.leader.replica)
    } finally {
      if (!this.#isLagging) for (const { replica } of this.#members) replica.catchUp()
    }
  }

  note(member: string, port: OldRequest['port'], { method = '', url = '' }: IncomingMessage): void {
    this.requests.push({ member, port, method, url })
  }
}
