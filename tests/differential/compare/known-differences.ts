// Where etcd's versions differ among themselves, and the embedded server does as a later one. The sections are those of
// reference/server-v3.md.

import { isDeepStrictEqual } from 'node:util'
import type { Plain } from '../play/plain.ts'
import type { PlayedStep } from '../play/player.ts'

/** The same step, done by both. */
export interface StepPair {
  readonly reference: PlayedStep
  readonly embedded: PlayedStep
}

/** A difference that is meant. */
export interface KnownDifference {
  readonly name: string
  /** Where it stands, and why it is as it is. */
  readonly reason: string
  /** The versions of etcd that differ from the embedded server. */
  readonly versions: readonly string[]
  /**
   * Whether it makes the two answers differ; `state` if the servers may differ from then on, so that nothing after it
   * can be compared.
   */
  explains(pair: StepPair): 'answer' | 'state' | undefined
}

/** All of them. */
export const knownDifferences: readonly KnownDifference[] = [
  {
    name: 'HashKV tells the revision it hashed',
    reason: 'section 18, HashKV.hash_revision: from etcd 3.6 on',
    versions: ['3.4', '3.5'],
    explains: ({ reference, embedded }) => {
      if (!isCall(reference, 'Maintenance.hashKV')) return undefined
      const told = without(embedded.answer, 'hashRevision')
      return isDeepStrictEqual(reference.answer, told) ? 'answer' : undefined
    },
  },
  {
    name: 'HashKV of a revision that was compacted',
    reason:
      'section 11: etcd notes what it hashes while it compacts, in the background, and gives that for the very revision',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      const isOlder = compactRevisionOf(reference) !== compactRevisionOf(embedded)
      return isCall(reference, 'Maintenance.hashKV') && isOlder ? 'answer' : undefined
    },
  },
  {
    name: 'HashKV of 3.4',
    reason:
      'section 11: it counts a deletion at the revision of a compaction in, and refuses that revision; of use only among members of one version',
    versions: ['3.4'],
    explains: ({ reference }) => (isCall(reference, 'Maintenance.hashKV') ? 'answer' : undefined),
  },
  {
    name: 'a watch from a negative revision is refused',
    reason:
      'section 8, start_revision < 0: from 3.5.24 on; before, it is made, and then found to be compacted',
    versions: ['3.4'],
    explains: ({ reference, embedded }) => {
      const isWatch = reference.operation?.kind === 'watch'
      const isFound =
        cancelReasonOf(embedded) === compacted && cancelReasonOf(reference) !== compacted
      return isWatch && isFound ? 'state' : undefined
    },
  },
  {
    name: 'progress is told whether or not all watches of the stream are current',
    reason: 'section 8, progress_request: before 3.4.25 and 3.5.8 it is always answered',
    versions: ['3.4'],
    explains: ({ reference }) => (reference.operation?.kind === 'progress' ? 'answer' : undefined),
  },
  {
    name: 'a sort option that does not exist is refused',
    reason: 'section 18, invalid sort option: 3.5 silently takes the default, main refuses',
    versions: ['3.4', '3.5'],
    explains: ({ reference, embedded }) => {
      if (!isRefused(embedded, 'invalid sort option')) return undefined
      if (isCall(reference, 'KV.range')) return 'answer'
      return isCall(reference, 'KV.txn') ? 'state' : undefined
    },
  },
]

const compacted = 'etcdserver: mvcc: required revision has been compacted'

function cancelReasonOf({ answer }: PlayedStep): Plain | undefined {
  return typeof answer === 'object' && 'cancelReason' in answer ? answer.cancelReason : undefined
}

function isCall({ operation }: PlayedStep, name: string): boolean {
  return operation?.kind === 'call' && operation.name === name
}

function without(answer: Plain, ...fields: readonly string[]): Plain {
  if (typeof answer !== 'object') return answer
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !fields.includes(name)))
}

function compactRevisionOf({ answer }: PlayedStep): Plain | undefined {
  return typeof answer === 'object' && 'compactRevision' in answer
    ? answer.compactRevision
    : undefined
}

function isRefused({ answer }: PlayedStep, message: string): boolean {
  if (typeof answer !== 'object' || !('refused' in answer)) return false
  return JSON.stringify(answer.refused).includes(message)
}
