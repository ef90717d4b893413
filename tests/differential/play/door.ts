// The way to a server: calls whose refusals are answers like others, and streams.

import type { MessageStream, StreamMethod, UnaryMethod } from '@etcdkit/protocol'
import { type Etcd, EtcdError } from 'etcdkit'

/** What a call was answered: a message, or why not. */
export type Answer =
  | { readonly kind: 'message'; readonly message: object }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }

/** Why a call was refused, as the door tells it. */
export type Refusal = Readonly<Record<string, string | number | undefined>>

/** Whom a call is from. Without one it shows no token. */
export interface Caller {
  readonly user: string
  readonly token: string
}

/** A way to a server. */
export interface Door {
  /** Calls. Rejects only with what is no answer of a server. */
  call<I extends object, O extends object>(
    method: UnaryMethod<I, O>,
    request: Parameters<UnaryMethod<I, O>['input']['encode']>[0],
    caller?: Caller,
  ): Promise<Answer>
  /** Opens a stream. */
  stream<I extends object, O extends object>(
    method: StreamMethod<I, O>,
    caller?: Caller,
  ): MessageStream<I, O>
  /** Closes the client behind it. */
  close(): Promise<void>
}

/** The raw door of a client, which it owns. */
export function clientDoor(etcd: Etcd): Door {
  return {
    async call(method, request, caller) {
      try {
        return { kind: 'message', message: await etcd.call(method, request, shown(caller)) }
      } catch (error) {
        return { kind: 'refusal', refusal: refusalIn(error) }
      }
    },
    stream: (method, caller) => etcd.stream(method, shown(caller)),
    close: () => etcd.close(),
  }
}

/** Why something was refused. Throws what is no refusal. */
export function refusalIn(error: unknown): Refusal {
  if (!(error instanceof EtcdError)) throw error
  const { code, message, outcome } = error
  return { code, message, outcome }
}

/** A caller's token, where calls carry it. */
export function shown(caller: Caller | undefined): { readonly headers?: { token: string } } {
  return caller === undefined ? {} : { headers: { token: caller.token } }
}
