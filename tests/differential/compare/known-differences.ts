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
  {
    name: 'a put in a txn within a txn takes room',
    reason: 'section 18, nested-txn cost in quota: before main only those of the outer one count',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      const isRefusedForIt = isRefused(embedded, 'database space exceeded')
      return isCall(reference, 'KV.txn') && isRefusedForIt ? 'state' : undefined
    },
  },
  {
    name: 'the status of auth is told to everyone',
    reason: 'section 9, AuthStatus: from 3.7 on; before, to the role root alone',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      const isTold = field(embedded.answer, 'authRevision') !== undefined
      return isCall(reference, 'Auth.authStatus') && isTold ? 'answer' : undefined
    },
  },
  {
    name: 'the status of a member is told to every user',
    reason: 'section 9, Status: from 3.5.32 on; before, to the role root alone',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      const isTold = field(embedded.answer, 'header') !== undefined
      return isCall(reference, 'Maintenance.status') && isTold ? 'answer' : undefined
    },
  },
  {
    name: 'maintenance is denied with a status',
    reason: 'section 18, maintenance denial code: before main it is UNKNOWN, in other words',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      const { operation } = reference
      const isIt = operation?.kind === 'call' && operation.name.startsWith('Maintenance.')
      const alike = ['permission denied', 'invalid auth token', 'user name is empty'].some(
        (words) => isRefused(reference, `auth: ${words}`) && isRefused(embedded, words),
      )
      return isIt && alike ? 'answer' : undefined
    },
  },
  {
    name: 'who may not read all keys may not watch them',
    reason: 'section 9, open-ended watch hole: closed in 3.5.33',
    versions: ['3.5'],
    explains: ({ reference, embedded }) => {
      if (reference.operation?.kind !== 'peek') return undefined
      const isOpen = reference.operation.request.rangeEnd?.[0] === 0
      const reason = String(field(embedded.answer, 'cancelReason'))
      return isOpen && reason.endsWith('permission denied') ? 'answer' : undefined
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
