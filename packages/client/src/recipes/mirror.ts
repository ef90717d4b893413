// Copies a range as it is, and then every change, into another etcd or whatever takes them.

import { EtcdError } from '@etcdkit/protocol'
import { bytes } from '../v3/codec.ts'
import { describeTarget } from '../v3/failure.ts'
import { isRange, type KeyRange, typeName } from '../v3/key.ts'
import { assertInteger, assertOptions, type ReadOptions } from '../v3/options.ts'
import { Bounds, within } from './bounds.ts'
import { Follower, type Step } from './follow.ts'
import { KeyspaceSink } from './keyspace-sink.ts'
import type { AnyKeyspace, RecipeKeys } from './recipe-keys.ts'
import { checked } from './recipe-options.ts'

/** A key to be set, or deleted where there is no value. Keys are as the mirrored keyspace has them. */
export interface MirrorChange {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
  /** The revision of the change. */
  readonly revision: number
}

/** What takes a mirrored range. What it throws ends the mirror. */
export interface MirrorSink {
  /** The range is exactly this, at `revision`: what is there besides is to go. */
  replace(changes: AsyncIterable<MirrorChange>, revision: number): Promise<void>
  /** These changes come next, all of each revision; after them, everything up to `revision` is there. */
  apply(changes: readonly MirrorChange[], revision: number): Promise<void>
}

/** How to mirror. */
export interface MirrorOptions extends Pick<ReadOptions, 'signal'> {
  /**
   * Go on after this revision, which the sink has reached before. Default: begin with the whole range. When history after
   * it is gone, the whole range is read again.
   */
  readonly after?: number | undefined
  /** Called when the sink has everything up to `revision`: keep it, to go on from there. */
  readonly onRevision?: ((revision: number) => void) | undefined
}

/**
 * Mirrors a range into a sink, or into another client or keyspace, until `signal` aborts, which it then rejects with.
 * It goes on across outages. What a sink of one's own throws ends it, as does an outage of the target for more than 30
 * seconds: begin again `after` the last revision.
 *
 * Every change is written in order; within a keyspace as sink, each revision in one transaction, up to 127 operations,
 * one less than etcd allows. That one is on a key of the mirror's own, `__mirror/<start of the range>`, which lives under
 * a lease as long as the mirror does: it keeps writes that arrive late from being applied, and another mirror to the
 * same place out: the one that began later goes on, the other ends with `aborted`.
 *
 * @example
 * ```ts
 * import { Etcd, mirror, prefix } from 'etcdkit'
 *
 * await using source = new Etcd('http://a:2379')
 * await using backup = new Etcd('http://b:2379')
 * const abort = new AbortController()
 * await mirror(source, prefix('config/'), backup.keyspace('copy/'), {
 *   signal: abort.signal,
 *   onRevision: (revision) => console.log('copied up to', revision),
 * })
 * ```
 */
export async function mirror(
  keys: AnyKeyspace,
  range: KeyRange,
  sink: MirrorSink | AnyKeyspace,
  options: MirrorOptions = {},
): Promise<never> {
  const action = `mirror ${describeTarget(range)}`
  checked(action, () => {
    if (!isRange(range)) throw new TypeError(`a range is mirrored, not ${typeName(range)}`)
    assertOptions(options, new Set(['signal', 'after', 'onRevision']))
    assertInteger(options.after, 'after', 1)
  })
  return within(new Bounds(keys.clock, options), action, async (bounds) => {
    bounds.signal.throwIfAborted()
    const source = keys.keyspace('', bytes)
    if ('replace' in sink) return await follow(source, range, { target: sink, options, bounds })
    await using target = await KeyspaceSink.open(sink, range, bounds.signal)
    return await follow(source, range, { target, options, bounds })
  })
}

interface Mirroring {
  readonly target: MirrorSink
  readonly options: MirrorOptions
  readonly bounds: Bounds
}

async function follow(
  keys: RecipeKeys,
  range: KeyRange,
  { target, options, bounds }: Mirroring,
): Promise<never> {
  const { after, onRevision } = options
  const { signal } = bounds
  const from = after === undefined ? undefined : after + 1
  for await (const step of new Follower(keys, range, { signal, from })) {
    await take(target, step)
    signal.throwIfAborted()
    onRevision?.(step.revision)
  }
  throw new EtcdError('the watch is over', { code: 'canceled' })
}

async function take(target: MirrorSink, step: Step<Uint8Array>): Promise<void> {
  const { revision } = step
  if (step.kind === 'state') {
    const { entries } = step
    await target.replace(changesOf(entries), revision)
  }
  if (step.kind === 'events') {
    const changes = step.events.map(({ keyBytes, entry, revision }) => ({
      key: keyBytes,
      value: entry?.valueBytes,
      revision,
    }))
    await target.apply(changes, revision)
  }
}

async function* changesOf(
  entries: Iterable<{ keyBytes: Uint8Array; valueBytes: Uint8Array; modRevision: number }>,
): AsyncGenerator<MirrorChange> {
  for (const { keyBytes, valueBytes, modRevision } of entries) {
    yield { key: keyBytes, value: valueBytes, revision: modRevision }
  }
}
