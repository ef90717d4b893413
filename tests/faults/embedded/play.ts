// Tells the embedded server to misbehave, burst after burst.

import { KV, Lease, type Method, Watch } from '@etcdkit/protocol'
import type { EtcdServer } from '@etcdkit/server'
import { pause } from '../round/pause.ts'
import type { FaultLog } from '../schedule/fault-log.ts'
import type { Burst, EmbeddedFault, MethodName } from './fault.ts'

const methods: Readonly<Record<MethodName, Method>> = {
  put: KV.put,
  txn: KV.txn,
  range: KV.range,
  deleteRange: KV.deleteRange,
  watch: Watch.watch,
  leaseGrant: Lease.leaseGrant,
  leaseKeepAlive: Lease.leaseKeepAlive,
}

/** What bursts are played on. */
export interface EmbeddedStage {
  readonly server: EtcdServer
  readonly log: FaultLog
  readonly signal: AbortSignal
  /** Has all watches overtaken by compaction, when the history has been read. */
  compactWatches(): Promise<void>
}

/** Resolves when all is played or the signal says so, and every fault is undone. */
export async function playBursts(bursts: readonly Burst[], stage: EmbeddedStage): Promise<void> {
  for (const { afterMs, faults, forMs } of bursts) {
    await pause(afterMs, stage.signal)
    if (stage.signal.aborted) break
    for (const { kind, ...details } of faults) stage.log.begin(kind, JSON.stringify(details))
    const undo: Disposable[] = []
    for (const fault of faults) undo.push(...(await start(fault, stage)))
    await pause(forMs, stage.signal)
    for (const each of undo) each[Symbol.dispose]()
    stage.server.faults.clear()
  }
}

async function start(fault: EmbeddedFault, stage: EmbeddedStage): Promise<readonly Disposable[]> {
  const { faults } = stage.server
  const method = 'method' in fault && fault.method ? methods[fault.method] : undefined
  switch (fault.kind) {
    case 'delay':
      return [faults.delay({ method, delayMs: fault.delayMs })]
    case 'refuse':
      return [faults.refuse({ ...fault, method })]
    case 'drop-answer':
      return [faults.dropAnswer({ method, times: fault.times, then: fault.ending })]
    case 'cut':
      return [faults.cut({ method, times: fault.times })]
    case 'reset':
      return [faults.reset({ method, times: fault.times, code: fault.code })]
    case 'go-away':
      faults.goAway()
      return []
    case 'refuse-connections': {
      const refusal = faults.refuseConnections()
      if (fault.cut) faults.cut()
      return [refusal]
    }
    case 'silence':
      return [faults.silence({ method })]
    case 'end-streams':
      return [faults.endStreams({ ...fault, method })]
    case 'compact-watches':
      await stage.compactWatches()
      return []
  }
}
