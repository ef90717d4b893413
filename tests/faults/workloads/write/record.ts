// What callers saw of their reads and writes.

import type { RegisterInput, RegisterOperation, RegisterOutput } from '../../checker/register.ts'

/** What became of a call. */
export type CallOutcome = 'ok' | 'not-applied' | 'unknown'

/** A call, from its beginning. */
export interface CallRecord {
  /** What was done, for messages: `w3 put r/1/2 w3.17`. */
  readonly what: string
  /** The keys that get the same value at once; the first is the one that is checked as a register. */
  readonly keys: readonly string[]
  readonly input: RegisterInput
  readonly calledAt: number
  returnedAt: number
  outcome: CallOutcome
  output: RegisterOutput | undefined
  /** The store's revision, where the answer tells it. */
  revision: number | undefined
  /** Whether the answer says that the call changed the store. */
  changed: boolean
}

/** All calls of a workload. */
export class CallRecorder {
  readonly #moment: () => number
  readonly #records: CallRecord[] = []

  constructor(moment: () => number) {
    this.#moment = moment
  }

  get records(): readonly CallRecord[] {
    return this.#records
  }

  /** A call is about to be made: until it is told otherwise, nobody knows what becomes of it. */
  begin(who: string, keys: readonly string[], input: RegisterInput): CallRecord {
    const value = 'value' in input ? ` ${input.value}` : ''
    const record: CallRecord = {
      what: `${who} ${input.kind} ${keys.join('+')}${value}`,
      keys,
      input,
      calledAt: this.#moment(),
      returnedAt: Number.POSITIVE_INFINITY,
      outcome: 'unknown',
      output: undefined,
      revision: undefined,
      changed: false,
    }
    this.#records.push(record)
    return record
  }

  /** A call has answered. */
  succeed(record: CallRecord, answer: Pick<CallRecord, 'output' | 'revision' | 'changed'>): void {
    Object.assign(record, answer, { outcome: 'ok', returnedAt: this.#moment() })
  }

  /** A call has failed. One that may have been applied has no end. */
  fail(record: CallRecord, outcome: 'not-applied' | 'unknown'): void {
    record.outcome = outcome
    if (outcome === 'not-applied') record.returnedAt = this.#moment()
  }
}

/** The calls on each key as operations of a register. What was surely not applied is none. */
export function operationsByKey(
  records: readonly CallRecord[],
): ReadonlyMap<string, RegisterOperation[]> {
  const byKey = new Map<string, RegisterOperation[]>()
  for (const { keys, input, output, calledAt, returnedAt, outcome } of records) {
    const [key] = keys
    if (outcome === 'not-applied' || key === undefined) continue
    const operations = byKey.get(key) ?? []
    byKey.set(key, operations)
    operations.push({ input, output, calledAt, returnedAt })
  }
  return byKey
}
