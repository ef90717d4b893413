// The faults in force, as calls and streams look them up.

import type { Method } from '@etcdkit/protocol'
import { Connections } from './connections.ts'
import type {
  DelayOptions,
  DropAnswerOptions,
  EndStreamsOptions,
  Fault,
  FaultMatch,
  Faults,
  RefuseOptions,
  ResetOptions,
} from './fault.ts'
import { type FaultAction, FaultRule } from './fault-rule.ts'
import { refusal } from './status.ts'

/** A stream that faults can reach while it is open. */
export interface FaultyStream {
  readonly method: Method
  /** Bears `rule` from now on. */
  bear(rule: FaultRule): void
  /** Ends, whatever its service thinks of it. */
  stop(error: unknown): void
}

/** A fault that a call has met. */
export interface MetFault<K extends FaultAction['kind']> {
  readonly rule: FaultRule
  readonly action: Extract<FaultAction, { readonly kind: K }>
}

/** Every fault of a server. */
export class FaultBook implements Faults {
  readonly connections: Connections = new Connections()
  readonly #overtakeWatches: () => number
  readonly #rules: FaultRule[] = []
  /** Everything that can be undone, rules that have been met often enough among it. */
  readonly #handles = new Set<Disposable>()
  readonly #streams = new Set<FaultyStream>()

  /** `overtakeWatches` compacts the store, ends all watches for it, and returns the revision. */
  constructor(overtakeWatches: () => number) {
    this.#overtakeWatches = overtakeWatches
  }

  /** Whether no call has anything to fear. */
  get idle(): boolean {
    return this.#rules.length === 0
  }

  /** The streams that are open. */
  get streams(): readonly FaultyStream[] {
    return [...this.#streams]
  }

  delay(options: DelayOptions): Fault {
    const { delayMs } = options
    if (!(delayMs >= 0)) throw new RangeError(`Cannot delay answers: delayMs is ${delayMs}`)
    return this.#make({ kind: 'delay', delayMs }, options)
  }

  refuse(options: RefuseOptions): Fault {
    const { code, message, applied = false } = options
    return this.#make({ kind: 'refuse', error: refusal(code, message), applied }, options)
  }

  dropAnswer(options: DropAnswerOptions = {}): Fault {
    return this.#make({ kind: 'drop-answer', then: options.then ?? 'cut' }, options)
  }

  cut(match: FaultMatch = {}): Fault {
    if (!isEverything(match)) return this.#make({ kind: 'cut' }, match)
    const rule = new FaultRule({ kind: 'cut' }, { times: 1 }, () => {})
    rule.meet()
    this.connections.cut()
    return rule
  }

  reset(options: ResetOptions = {}): Fault {
    return this.#make({ kind: 'reset', code: options.code ?? 'refused-stream' }, options)
  }

  goAway(): void {
    this.connections.goAway()
  }

  refuseConnections(): Disposable {
    const undo = this.connections.refuse()
    const handle: Disposable = {
      [Symbol.dispose]: () => {
        if (this.#handles.delete(handle)) undo()
      },
    }
    this.#handles.add(handle)
    return handle
  }

  silence(match: FaultMatch = {}): Fault {
    const rule = this.#make({ kind: 'silence' }, match)
    if (isEverything(match)) rule.whenUndone(this.connections.freeze())
    return rule
  }

  endStreams(options: EndStreamsOptions = {}): Fault {
    const { code, afterMessages = 0, method } = options
    const error = code === undefined ? undefined : refusal(code)
    const action: FaultAction = { kind: 'end-stream', error, afterMessages }
    const times = options.times ?? this.#openStreams(method)
    if (times > 0) return this.#make(action, { method, times })
    return new FaultRule(action, { times: 1 }, () => {})
  }

  compactWatches(): number {
    return this.#overtakeWatches()
  }

  clear(): void {
    for (const handle of [...this.#handles]) handle[Symbol.dispose]()
  }

  /** The fault of a kind that a call of `method` meets, if there is one; it has been met then. */
  take<K extends FaultAction['kind']>(kind: K, method: Method): MetFault<K> | undefined {
    for (const rule of this.#rules) {
      if (rule.action.kind !== kind || !rule.isFor(method)) continue
      rule.meet()
      // The kind was compared above.
      return { rule, action: rule.action as MetFault<K>['action'] }
    }
    return undefined
  }

  /** Has an open stream bear the faults there are and those to come, until it leaves. */
  join(stream: FaultyStream): void {
    this.#streams.add(stream)
    for (const rule of [...this.#rules]) offer(rule, stream)
  }

  leave(stream: FaultyStream): void {
    this.#streams.delete(stream)
  }

  #make(action: FaultAction, match: FaultMatch): FaultRule {
    const rule = new FaultRule(action, match, (over) => {
      const place = this.#rules.indexOf(over)
      if (place !== -1) this.#rules.splice(place, 1)
    })
    this.#rules.push(rule)
    this.#handles.add(rule)
    rule.whenUndone(() => this.#handles.delete(rule))
    for (const stream of [...this.#streams]) offer(rule, stream)
    return rule
  }

  #openStreams(method: Method | undefined): number {
    const matching = [...this.#streams].filter(
      (stream) => method === undefined || stream.method.path === method.path,
    )
    return matching.length
  }
}

/** What a stream bears while it is open; the rest is met by calls as they begin. */
function offer(rule: FaultRule, stream: FaultyStream): void {
  const { kind } = rule.action
  if (kind === 'refuse' || kind === 'cut' || kind === 'reset') return
  if (!rule.isFor(stream.method)) return
  rule.meet()
  stream.bear(rule)
}

function isEverything(match: FaultMatch): boolean {
  return match.method === undefined && match.times === undefined
}
