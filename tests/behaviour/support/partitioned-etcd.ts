// A cluster of three whose members reach each other through proxies, so that one of them can be cut off from the others
// while clients still reach it.

import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { requireEtcdBinary } from '../../support/etcd-binary.ts'
import { etcdEnvironment } from '../../support/etcd-member.ts'
import { GuardedProcess } from '../../support/guarded-process.ts'
import { type ReservedPorts, reservePorts } from '../../support/ports.ts'
import { createTempFolder, type TempFolder } from '../../support/temp-folder.ts'

const size = 3
// etcd says in its requests to other members from whom they come.
const fromPattern = /^x-server-from: *([0-9a-f]+)/im

/** A member's door for the others. */
class PeerProxy {
  /** Whether a connection of the member with this id, in hex, may pass. */
  mayPass: (from: string | undefined) => boolean = () => true
  readonly #server: Server
  readonly #target: number
  readonly #links = new Map<Socket, string | undefined>()

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#accept(socket))
  }

  static async listen(port: number, target: number): Promise<PeerProxy> {
    const proxy = new PeerProxy(target)
    proxy.#server.listen(port, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  /** Breaks the connections that may not pass any more. */
  check(): void {
    for (const [socket, from] of this.#links) if (!this.mayPass(from)) socket.destroy()
  }

  async close(): Promise<void> {
    this.mayPass = () => false
    this.check()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(peer: Socket): void {
    this.#links.set(peer, undefined)
    peer.on('error', () => undefined)
    peer.once('close', () => this.#links.delete(peer))
    peer.once('data', (head) => {
      const from = fromPattern.exec(head.toString('latin1'))?.[1]
      this.#links.set(peer, from)
      if (this.mayPass(from)) this.#join(peer, head)
      else peer.destroy()
    })
  }

  #join(peer: Socket, head: Buffer): void {
    const member = connect(this.#target, '127.0.0.1')
    member.write(head)
    for (const [one, other] of [
      [peer, member],
      [member, peer],
    ] as const) {
      one.on('error', () => undefined)
      one.once('close', () => other.destroy())
      one.pipe(other)
    }
  }
}

/** A running cluster. Disposing kills it. */
export class PartitionedEtcd implements AsyncDisposable {
  /** Where clients reach the members. */
  readonly endpoints: readonly string[]
  readonly #ports: ReservedPorts
  readonly #folder: TempFolder
  readonly #proxies: PeerProxy[] = []
  readonly #processes: GuardedProcess[] = []

  private constructor(ports: ReservedPorts) {
    this.#ports = ports
    this.#folder = createTempFolder('partitioned')
    this.endpoints = ports.ports.slice(0, size).map(urlOf)
  }

  static async start(): Promise<PartitionedEtcd> {
    const etcd = new PartitionedEtcd(await reservePorts(3 * size))
    try {
      for (let n = 0; n < size; n++) await etcd.#startProxy(n)
      for (let n = 0; n < size; n++) await etcd.#startMember(n)
      return etcd
    } catch (error) {
      await etcd[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Where the others reach a member. */
  peerUrl(index: number): string {
    return urlOf(this.#ports.ports[2 * size + index] ?? 0)
  }

  /** Cuts a member, whose id is a decimal string, off from the others until the answer is disposed. */
  cutOff(index: number, id: string): Disposable {
    const hex = BigInt(id).toString(16)
    this.#proxies.forEach((proxy, n) => {
      proxy.mayPass = (from) => n !== index && from !== hex
      proxy.check()
    })
    return {
      [Symbol.dispose]: () => {
        for (const proxy of this.#proxies) proxy.mayPass = () => true
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processes.map((process) => process[Symbol.asyncDispose]()))
    await Promise.all(this.#proxies.map((proxy) => proxy.close()))
    await this.#folder[Symbol.asyncDispose]()
    await this.#ports[Symbol.asyncDispose]()
  }

  async #startProxy(index: number): Promise<void> {
    const { ports } = this.#ports
    const [target = 0, port = 0] = [ports[size + index], ports[2 * size + index]]
    this.#proxies.push(await PeerProxy.listen(port, target))
  }

  async #startMember(index: number): Promise<void> {
    const endpoint = this.endpoints[index]
    const names = Array.from({ length: size }, (_, n) => `m${n}=${this.peerUrl(n)}`)
    const process = await GuardedProcess.start({
      command: requireEtcdBinary('3.5').etcd,
      args: [
        ...[`--name=m${index}`, `--data-dir=${this.#folder.path}/m${index}`],
        ...[`--listen-client-urls=${endpoint}`, `--advertise-client-urls=${endpoint}`],
        `--listen-peer-urls=${urlOf(this.#ports.ports[size + index] ?? 0)}`,
        ...[`--initial-advertise-peer-urls=${this.peerUrl(index)}`, '--unsafe-no-fsync'],
        ...[`--initial-cluster=${names.join(',')}`, '--logger=zap', '--log-level=error'],
        // A member ends what needs a leader after three times as long without one.
        ...['--heartbeat-interval=50', '--election-timeout=500'],
      ],
      env: etcdEnvironment(),
    })
    this.#processes.push(process)
  }
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`
}
