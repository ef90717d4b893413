// Concurrent clients on shared keys.

import type { Etcd } from 'etcdkit'
import type { History } from '../../history/history.ts'
import type { RoundContext, Workload } from '../../round/context.ts'
import { pause } from '../../round/pause.ts'
import { attempt } from './attempt.ts'
import { checkWrites } from './check.ts'
import { CallRecorder } from './record.ts'
import { KeyTurns, Worker } from './worker.ts'

const clients = 4
const workersPerClient = 4
const recoveryMs = 90_000
const recoveryCallMs = 5000
const recoveryPauseMs = 100

/** Writes and reads, whose answers and traces are checked against each other. */
export class WriteWorkload implements Workload {
  readonly name = 'writes'
  readonly #context: RoundContext
  readonly #recorder: CallRecorder
  readonly #clients: readonly Etcd[]
  readonly #running: Promise<unknown>

  constructor(context: RoundContext) {
    this.#context = context
    this.#recorder = new CallRecorder(context.moment)
    this.#clients = Array.from({ length: clients }, () => context.connect())
    const turns = new KeyTurns()
    const workers = this.#clients.flatMap((etcd, client) =>
      Array.from({ length: workersPerClient }, (_, index) => {
        const parts = { etcd, context, recorder: this.#recorder, turns }
        return new Worker({ ...parts, name: `c${client}w${index}`, random: context.random.fork() })
      }),
    )
    this.#running = Promise.all(workers.map((worker) => worker.run()))
  }

  async finish(): Promise<void> {
    await this.#running
    await Promise.all(this.#clients.map((etcd, index) => this.#recover(etcd, index)))
  }

  async check(history: History): Promise<void> {
    checkWrites(this.#recorder.records, history.changes, this.#context)
  }

  /** When all is well again, so are the clients that lived through it. */
  async #recover(etcd: Etcd, index: number): Promise<void> {
    const { violations } = this.#context
    const deadline = performance.now() + recoveryMs
    for (let tries = 0; performance.now() < deadline; tries++) {
      const [key, value] = [`recovered/${index}`, `recovered.${index}.${tries}`]
      const record = this.#recorder.begin(`c${index}`, [key], { kind: 'put', value })
      const promise = etcd
        .put(key, value, { timeoutMs: recoveryCallMs })
        .then(({ revision }) => ({ output: {}, revision, changed: true }))
      const call = { promise, timeoutMs: recoveryCallMs }
      if (await attempt(this.#context, this.#recorder, record, call)) return
      await pause(recoveryPauseMs)
    }
    violations.add('no-recovery', `client ${index} cannot write ${recoveryMs} ms after all is well`)
  }
}
