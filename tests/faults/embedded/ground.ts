// A round on the embedded server, by a socket or in the same process.

import { EtcdServer } from '@etcdkit/server'
import { Etcd } from 'etcdkit'
import { Etcd as GatewayEtcd } from 'etcdkit/gateway'
import { quickOverGrpc, quickOverHttp } from '../cluster/fault-cluster.ts'
import { History } from '../history/history.ts'
import type { ServerFacts } from '../round/context.ts'
import type { RoundPlan, Wire } from '../round/plan.ts'
import type { Ground } from '../round/round.ts'
import type { FaultLog } from '../schedule/fault-log.ts'
import type { Burst } from './fault.ts'
import { playBursts } from './play.ts'

// Between reading the history and compacting it nothing may be written, which may take a few tries.
const maxReads = 1000

type Door = Wire | 'in-process'

/** An embedded server to play a round on. Its lookouts meet the faults, too: there is no way past them. */
export class EmbeddedGround implements Ground {
  readonly history: History
  readonly facts: ServerFacts
  readonly log = ''
  readonly #server: EtcdServer
  readonly #connect: () => Etcd
  readonly #bursts: readonly Burst[]
  readonly #reader: Etcd

  private constructor(server: EtcdServer, door: Door, bursts: readonly Burst[]) {
    this.#server = server
    this.#connect = () => connectBy(server, door)
    this.facts = {
      // They cannot be sent on a stream of the gateway.
      progressRequests: door !== 'gateway',
      forcesCompaction: true,
      losesTombstones: false,
    }
    this.#bursts = bursts
    this.#reader = new Etcd({ transport: server.transport })
    this.history = new History(this.#reader)
  }

  static async start(door: Door, bursts: readonly Burst[]): Promise<EmbeddedGround> {
    const server = await EtcdServer.listen({
      port: 0,
      minLeaseTtlSeconds: 1,
      watchProgressMs: 1000,
    })
    return new EmbeddedGround(server, door, bursts)
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

function connectBy({ endpoints, transport }: EtcdServer, door: Door): Etcd {
  if (door === 'in-process') return new Etcd({ transport })
  return door === 'gateway'
    ? new GatewayEtcd({ endpoints, ...quickOverHttp })
    : new Etcd({ endpoints, ...quickOverGrpc })
}

/** Starts the server of a plan. */
export function startEmbeddedRound({ server }: RoundPlan): Promise<Ground> {
  if (server.kind !== 'embedded') throw new TypeError('the round is not on the embedded server')
  return EmbeddedGround.start(server.door, server.bursts)
}
