// The channels of `node:diagnostics_channel`: calls from their beginning to their end, and events; nothing without
// subscribers.

import assert from 'node:assert/strict'
import { channel, tracingChannel } from 'node:diagnostics_channel'
import { describe, it } from 'node:test'
import { type ClientEvent, KV, Watch } from '@etcdkit/protocol'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import type { CallTrace } from '../../../src/transport/tracing.ts'
import { answer, countBody, GrpcPeer, refuse } from './grpc-peer.ts'

const steps = ['start', 'end', 'error', 'asyncStart', 'asyncEnd'] as const

/** Listens to calls until it is disposed. */
class Listener implements Disposable {
  readonly seen: { readonly step: string; readonly trace: CallTrace }[] = []
  readonly #subscribers = Object.fromEntries(
    // The channel publishes traces and nothing else.
    steps.map((step) => [step, (trace: unknown) => this.#see(step, trace as CallTrace)]),
  ) as unknown as Parameters<ReturnType<typeof tracingChannel>['subscribe']>[0]

  constructor() {
    tracingChannel('etcdkit:call').subscribe(this.#subscribers)
  }

  #see(step: string, trace: CallTrace): void {
    this.seen.push({ step, trace })
  }

  /** The steps of the calls of a method, in order. */
  stepsOf(method: string): string[] {
    return this.seen.flatMap(({ step, trace }) => (trace.method === method ? [step] : []))
  }

  [Symbol.dispose](): void {
    tracingChannel('etcdkit:call').unsubscribe(this.#subscribers)
  }
}

describe('diagnostics_channel', () => {
  failOnLeaks()

  it('etcdkit:call tells of a call that is sent twice and succeeds, with one object', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    using listener = new Listener()
    const call = grpc.transport.unary(KV.range, {})
    assert.deepEqual(listener.stepsOf('etcdserverpb.KV/Range'), ['start', 'end'])
    refuse(server, (await server.until('HEADERS')).streamId, '14', 'etcdserver: leader changed')
    answer(server, (await server.until('HEADERS')).streamId, countBody(1))
    await call
    assert.deepEqual(listener.stepsOf('etcdserverpb.KV/Range'), [
      'start',
      'end',
      'asyncStart',
      'asyncEnd',
    ])
    assert.equal(new Set(listener.seen.map(({ trace }) => trace)).size, 1)
    const { endpoint, attempts, error } = listener.seen[0]?.trace ?? {}
    assert.deepEqual([endpoint, attempts, error], [grpc.peer.endpoint, 2, undefined])
  })

  it('etcdkit:call tells of calls and streams that fail, with what they are rejected with', async () => {
    await using grpc = await GrpcPeer.listen()
    const server = await grpc.warm()
    using listener = new Listener()
    const call = grpc.transport.unary(KV.put, {})
    const stream = grpc.transport.stream(Watch.watch)[Symbol.asyncIterator]().next()
    refuse(server, (await server.until('HEADERS')).streamId, '7', 'etcdserver: permission denied')
    refuse(server, (await server.until('HEADERS')).streamId, '14', 'etcdserver: no leader')
    for (const [pending, method] of [
      [call, 'etcdserverpb.KV/Put'],
      [stream, 'etcdserverpb.Watch/Watch'],
    ] as const) {
      const error = await pending.then(
        () => undefined,
        (reason: unknown) => reason,
      )
      assert.deepEqual(listener.stepsOf(method), steps)
      assert.equal(
        listener.seen.findLast(({ trace }) => trace.method === method)?.trace.error,
        error,
      )
    }
  })

  it('etcdkit:event tells what the transport tells its listener', async () => {
    await using grpc = await GrpcPeer.listen()
    const seen: ClientEvent[] = []
    // The channel publishes events and nothing else.
    const see = (event: unknown): number => seen.push(event as ClientEvent)
    channel('etcdkit:event').subscribe(see)
    try {
      await grpc.warm()
      assert.deepEqual(seen, [{ type: 'connected', endpoint: grpc.peer.endpoint }])
    } finally {
      channel('etcdkit:event').unsubscribe(see)
    }
  })
})
