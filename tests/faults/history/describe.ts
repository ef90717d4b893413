// Changes as text, so that what a watch told and what etcd has can be compared and shown.

import { type Event, EventType, type KeyValue } from '@etcdkit/protocol'
import type { Entry, WatchEvent } from 'etcdkit'

const longestShown = 48
const decoder = new TextDecoder()

/** A change, from either side. */
export interface Change {
  readonly revision: number
  readonly type: 'put' | 'delete'
  readonly key: string
  /** What was put, shortened. */
  readonly value: string | undefined
  /** Everything there is to compare but the previous entry. */
  readonly text: string
  /** The entry before; undefined if it was not told, or there was none. */
  readonly previous: string | undefined
}

/** The parts of an entry in which two of them can differ. */
interface EntryParts {
  readonly createRevision: number
  readonly modRevision: number
  readonly version: number
  readonly lease: string
  readonly value: string
}

/** A change as it is on the wire. */
export function changeOfWire({ type, kv, prevKv }: Event): Change {
  if (kv === undefined) throw new Error('the event has no key')
  const kind = type === EventType.DELETE ? 'delete' : 'put'
  const key = decoder.decode(kv.key)
  return {
    revision: kv.modRevision,
    type: kind,
    key,
    value: kind === 'put' ? shortened(decoder.decode(kv.value)) : undefined,
    text: describe(kind, key, kv.modRevision, kind === 'put' ? ofWire(kv) : undefined),
    previous: prevKv && describeEntry(ofWire(prevKv)),
  }
}

/** A change as a watch tells it. */
export function changeOfEvent(event: WatchEvent<string>): Change {
  const { type, key, revision, entry, previous } = event
  return {
    revision,
    type,
    key,
    value: entry && shortened(entry.value),
    text: describe(type, key, revision, entry && ofEntry(entry)),
    previous: previous && describeEntry(ofEntry(previous)),
  }
}

/** What is shown of a value. */
export function shortened(value: string): string {
  if (value.length <= longestShown) return value
  return `${value.slice(0, longestShown)}…(${value.length})`
}

function ofWire(kv: KeyValue): EntryParts {
  const { createRevision, modRevision, version, lease, value } = kv
  return { createRevision, modRevision, version, lease, value: decoder.decode(value) }
}

function ofEntry(entry: Entry<string>): EntryParts {
  const { createRevision, modRevision, version, lease, value } = entry
  return { createRevision, modRevision, version, lease: lease ?? '0', value }
}

function describe(
  type: string,
  key: string,
  revision: number,
  entry: EntryParts | undefined,
): string {
  return `${revision} ${type} ${key}${entry ? ` ${describeEntry(entry)}` : ''}`
}

function describeEntry(entry: EntryParts): string {
  const { createRevision, modRevision, version, lease, value } = entry
  return `c${createRevision} m${modRevision} v${version} l${lease} "${shortened(value)}"`
}
