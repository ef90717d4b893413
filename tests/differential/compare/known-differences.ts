// Where etcd's versions differ among themselves, and the embedded server does as a later one. The sections are those of
// reference/server-v3.md.

import { isDeepStrictEqual } from 'node:util'
import { EventType } from '@etcdkit/protocol'
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
      const told = filterFields(embedded.answer, (name) => name !== 'hashRevision')
      return isDeepStrictEqual(reference.answer, told) ? 'answer' : undefined
    },
  },
  {
    name: 'HashKV of a revision that was compacted',
    reason:
      'section 11: etcd notes what it hashes while it compacts, in the background, and gives that for the very revision',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      if (!isCall(reference, 'Maintenance.hashKV')) return undefined
      const noted = field(reference.answer, 'compactRevision')
      const isOlder = noted !== undefined && noted !== field(embedded.answer, 'compactRevision')
      return isOlder ? 'answer' : undefined
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
      const reasons = [embedded, reference].map(({ answer }) => field(answer, 'cancelReason'))
      return isWatch && reasons[0] === compacted && reasons[1] !== compacted ? 'state' : undefined
    },
  },
  {
    name: 'progress is told whether or not all watches of the stream are current',
    reason: 'section 8, progress_request: 3.4.23 always answers it',
    versions: ['3.4'],
    explains: ({ reference, embedded }) => {
      if (reference.operation?.kind !== 'progress') return undefined
      const [wanted, got] = [reference, embedded].map(({ answer }) =>
        filterFields(answer, (name) => !name.endsWith(', progress')),
      )
      return isDeepStrictEqual(wanted, got) ? 'answer' : undefined
    },
  },
  {
    name: 'a watch from a compacted revision is told what was deleted there',
    reason: 'section 6, rule 5: from 3.5.19 on a compaction keeps deletions at its very revision',
    versions: ['3.4'],
    explains: ({ reference, embedded }) => {
      if (reference.operation?.kind !== 'watch') return undefined
      const later = withoutFirstDeletions(embedded.answer)
      return isDeepStrictEqual(reference.answer, later) ? 'answer' : undefined
    },
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

function isCall({ operation }: PlayedStep, name: string): boolean {
  return operation?.kind === 'call' && operation.name === name
}

function isRefused({ answer }: PlayedStep, message: string): boolean {
  return JSON.stringify(field(answer, 'refused') ?? '').includes(message)
}

function field(answer: Plain | undefined, name: string): Plain | undefined {
  if (typeof answer !== 'object' || Array.isArray(answer)) return undefined
  return Object.entries(answer).find(([each]) => each === name)?.[1]
}

function filterFields(answer: Plain, keep: (name: string) => boolean): Plain {
  if (typeof answer !== 'object') return answer
  return Object.fromEntries(Object.entries(answer).filter(([name]) => keep(name)))
}

/** What a watch was told, without the deletions at the first revision that it was told of. */
function withoutFirstDeletions(answer: Plain): Plain {
  if (typeof answer !== 'object') return answer
  const fields = Object.entries(answer).map(([name, value]): [string, Plain] => {
    const isHistory = name.startsWith('stream ') && Array.isArray(value)
    return [name, isHistory ? value.map(dropFirstDeletions).filter(hasEvents) : value]
  })
  return Object.fromEntries(fields.filter(([, value]) => !Array.isArray(value) || value.length > 0))
}

function dropFirstDeletions(response: Plain): Plain {
  const events = field(response, 'events')
  if (typeof response !== 'object' || !Array.isArray(events)) return response
  const revisionOf = (event: Plain): Plain | undefined => field(field(event, 'kv'), 'modRevision')
  const first = revisionOf(events[0])
  const isLater = (event: Plain): boolean =>
    field(event, 'type') !== EventType.DELETE || revisionOf(event) !== first
  return { ...response, events: events.filter(isLater) }
}

function hasEvents(response: Plain): boolean {
  const events = field(response, 'events')
  return !Array.isArray(events) || events.length > 0
}
