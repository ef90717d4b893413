// A round on the embedded server, over gRPC or in the same process.

import { EtcdServer } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import { History } from '../history/history.ts'
import type { ServerFacts } from '../round/context.ts'
import type { RoundPlan } from '../round/plan.ts'
import type { Ground } from '../round/round.ts'
import type { FaultLog } from '../schedule/fault-log.ts'
import type { Burst } from './fault.ts'
import { playBursts } from './play.ts'

// Between reading the history and compacting it nothing may be written, which may take a few tries.
const maxReads = 1000

/** An embedded server to play a round on. Its lookouts meet the faults, too: there is no way past them. */
export class EmbeddedGround implements Ground {
  readonly history: History
  readonly facts: ServerFacts = {
    progressRequests: true,
    forcesCompaction: true,
    losesTombstones: false,
  }
  readonly log = ''
  readonly #server: EtcdServer
  readonly #connect: () => Etcd
  readonly #bursts: readonly Burst[]
  readonly #reader: Etcd

  private constructor(server: EtcdServer, connect: () => Etcd, bursts: readonly Burst[]) {
    this.#server = server
    this.#connect = connect
    this.#bursts = bursts
    this.#reader = new Etcd({ transport: server.transport })
    this.history = new History(this.#reader)
  }

  static async start(
    door: 'gRPC' | 'in-process',
    bursts: readonly Burst[],
  ): Promise<EmbeddedGround> {
    const server = await EtcdServer.listen({
      port: 0,
      minLeaseTtlSeconds: 1,
      watchProgressMs: 1000,
    })
    const quick = { pingIntervalMs: 5000, pingTimeoutMs: 2000, connectTimeoutMs: 2000 }
    const connect = (): Etcd =>
      door === 'gRPC'
        ? new Etcd({ endpoints: server.endpoints, ...quick })
        : new Etcd({ transport: server.transport })
    return new EmbeddedGround(server, connect, bursts)
  }

  connect(): Etcd {
    return this.#connect()
  }

  watchtowers(): readonly Etcd[] {
    return [new Etcd({ transport: this.#server.transport })]
  }

  play(log: FaultLog, signal: AbortSignal): Promise<void> {
    const compactWatches = (): Promise<void> => this.#compactWatches()
    return playBursts(this.#bursts, { server: this.#server, log, signal, compactWatches })
  }

  async heal(): Promise<void> {
    this.#server.faults.clear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.close()
    await this.#server.close()
  }

  async #compactWatches(): Promise<void> {
    for (let reads = 0; reads < maxReads; reads++) {
      await this.history.readToNow()
      if (this.history.revision !== this.#server.revision) continue
      this.history.noteCompaction(this.#server.faults.compactWatches())
      return
    }
  }
}

/** Starts the server of a plan. */
export function startEmbeddedRound({ server }: RoundPlan): Promise<Ground> {
  if (server.kind !== 'embedded') throw new TypeError('the round is not on the embedded server')
  return EmbeddedGround.start(server.door, server.bursts)
}
