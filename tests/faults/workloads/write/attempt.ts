// One call of the client, from its beginning to the note of what became of it.

import { EtcdError } from 'etcdkit'
import type { RegisterOutput } from '../../checker/register.ts'
import type { RoundContext } from '../../round/context.ts'
import { NeverSettledError } from '../../round/settling.ts'
import type { CallRecord, CallRecorder } from './record.ts'

/** What an answer tells. */
export interface Answer {
  readonly output: RegisterOutput
  /** The store's revision, if it was told. */
  readonly revision?: number
  readonly changed?: boolean
}

/** Waits for a call and records what became of it. Resolves with what it answered, or undefined if it failed. */
export async function attempt(
  context: RoundContext,
  recorder: CallRecorder,
  record: CallRecord,
  call: { readonly promise: Promise<Answer>; readonly timeoutMs: number },
): Promise<Answer | undefined> {
  const { settling, tally, violations } = context
  const isRead = record.input.kind === 'get'
  tally.add(`operations: ${record.input.kind}`)
  try {
    const answer = await settling.within(call.promise, call.timeoutMs, record.what)
    const { output, revision, changed = false } = answer
    recorder.succeed(record, { output, revision, changed })
    tally.add(`outcomes: ${isRead ? 'read' : 'write'} ok`)
    return answer
  } catch (error) {
    // Left pending: what became of it stays unknown.
    if (error instanceof NeverSettledError) return undefined
    if (!(error instanceof EtcdError)) {
      violations.add('untyped-error', `${record.what}: ${String(error)}`)
      return undefined
    }
    tally.add(`errors: ${error.code}`)
    if (isRead) {
      tally.add('outcomes: read failed')
      return undefined
    }
    if (error.outcome === undefined) violations.add('no-outcome', `${record.what}: ${error}`)
    const outcome = error.outcome ?? 'unknown'
    recorder.fail(record, outcome)
    tally.add(`outcomes: write ${outcome}`)
    return undefined
  }
}
