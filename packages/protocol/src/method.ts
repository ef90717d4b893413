// One RPC of etcd as the method table describes it: where it lives on each wire, and how it may be repeated.

import type { MessageType } from './message.ts'

/** Who sends how many messages. */
export type MethodKind = 'unary' | 'server-streaming' | 'bidi-streaming'

/**
 * Whether a call may be sent again when it is not known if the server processed it.
 *
 * `repeatable` calls may. `non-repeatable` ones only when the request surely never reached the server or was refused
 * unprocessed. Streams are `stream`: whoever owns the stream resumes it.
 *
 * Source: etcd `client/v3/retry.go`.
 */
export type RetryClass = 'repeatable' | 'non-repeatable' | 'stream'

/** An entry of the method table. */
export interface Method<
  I extends object = object,
  O extends object = object,
  K extends MethodKind = MethodKind,
> {
  /** The RPC's name, for example `Put`. */
  readonly name: string
  /** The full service name, for example `etcdserverpb.KV`. */
  readonly service: string
  /** The gRPC path, for example `/etcdserverpb.KV/Put`. */
  readonly path: string
  /** The gateway's paths, preferred first, for example `/v3/kv/put`; empty if the gateway has none. */
  readonly gatewayPaths: readonly string[]
  readonly kind: K
  readonly retry: RetryClass
  readonly input: MessageType<I>
  readonly output: MessageType<O>
}

export type UnaryMethod<I extends object, O extends object> = Method<I, O, 'unary'>
export type StreamMethod<I extends object, O extends object> = Method<
  I,
  O,
  'server-streaming' | 'bidi-streaming'
>
