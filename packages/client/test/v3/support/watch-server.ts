// The server's side of a watch stream, in the hands of a test.

import assert from 'node:assert/strict'
import { EtcdError, type WatchCreateRequest } from '@etcdkit/protocol'
import type { ScriptedStream } from './scripted-transport.ts'

/** The watches that the client asked a stream for, in order. */
export function creations(stream: ScriptedStream): WatchCreateRequest[] {
  return stream.sent.flatMap(({ createRequest }) =>
    createRequest === undefined ? [] : [createRequest as WatchCreateRequest],
  )
}

/** The ids that the client canceled on a stream, in order. */
export function cancellations(stream: ScriptedStream): number[] {
  return stream.sent.flatMap(({ cancelRequest }) =>
    cancelRequest === undefined ? [] : [(cancelRequest as { watchId: number }).watchId],
  )
}

/** The last watch that the client asked a stream for. */
export function lastCreation(stream: ScriptedStream): WatchCreateRequest {
  const creation = creations(stream).at(-1)
  assert.ok(creation, 'a watch was asked for')
  return creation
}

/** Makes the last watch asked for, and answers its id. */
export async function confirm(stream: ScriptedStream, revision: number): Promise<number> {
  const { watchId } = lastCreation(stream)
  await stream.push({ watchId, created: true, header: { revision } })
  return watchId
}

/** Puts of `a`, one a revision, as the server tells them. */
export function puts(...revisions: readonly number[]): object[] {
  return revisions.map((revision) => put('a', revision))
}

/** A put as the server tells it. */
export function put(key: string, revision: number, value = `v${revision}`): object {
  const kv = {
    key: new TextEncoder().encode(key),
    value: new TextEncoder().encode(value),
    modRevision: revision,
    createRevision: revision,
    version: 1,
  }
  return { type: 0, kv }
}

/** A connection is gone. */
export function lost(): EtcdError {
  return new EtcdError('the connection is gone', { code: 'connection-lost' })
}

/** Takes the next `count` events of an iteration. */
export async function take<T>(iterator: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for (let index = 0; index < count; index++) {
    const result = await iterator.next()
    assert.ok(!result.done, 'the iteration goes on')
    taken.push(result.value)
  }
  return taken
}
