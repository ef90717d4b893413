// The way to a server: calls whose refusals are answers like others, and streams.

import type { MessageStream, StreamMethod, UnaryMethod } from '@etcdkit/protocol'
import { type Etcd, EtcdError } from 'etcdkit'

/** What a call was answered: a message, or why not. */
export type Answer =
  | { readonly kind: 'message'; readonly message: object }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }

/** Why a call was refused, as the door tells it. */
export type Refusal = Readonly<Record<string, string | number | undefined>>

/** A way to a server. */
export interface Door {
  /** Calls. Rejects only with what is no answer of a server. */
  call<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: Parameters<UnaryMethod<I, O>['input']['encode']>[0],
  ): Promise<Answer>
  /** Opens a stream. */
  stream<I extends object, O extends object>(method: StreamMethod<I, O>): MessageStream<I, O>
  /** Closes the client behind it. */
  close(): Promise<void>
}

/** The raw door of a client, which it owns. */
export function clientDoor(etcd: Etcd): Door {
  return {
    async call(method, request) {
      try {
        return { kind: 'message', message: await etcd.call(method, request) }
      } catch (error) {
        if (!(error instanceof EtcdError)) throw error
        const { code, message, outcome } = error
        return { kind: 'refusal', refusal: { code, message, outcome } }
      }
    },
    stream: (method) => etcd.stream(method),
    close: () => etcd.close(),
  }
}
