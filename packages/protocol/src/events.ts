// What a client tells of itself while it works, beside the answers of its calls.

import type { EtcdError } from './errors.ts'

/** Something that happened in a client, told to whoever iterates `etcd.events()`. */
export type ClientEvent =
  /** A connection to the endpoint is open. */
  | { readonly type: 'connected'; readonly endpoint: string }
  /** A connection was lost, or closed by the server; `error` says why where it is known. */
  | {
      readonly type: 'disconnected'
      readonly endpoint: string
      readonly error: EtcdError | undefined
    }
  /** The endpoint gets no calls until it has been probed with success; the next probe is after `pauseMs`. */
  | {
      readonly type: 'ejected'
      readonly endpoint: string
      readonly error: EtcdError
      readonly pauseMs: number
    }
  /** An ejected endpoint gets calls again. */
  | { readonly type: 'restored'; readonly endpoint: string }
  /** The list of endpoints is another one now. */
  | { readonly type: 'endpoints-changed'; readonly endpoints: readonly string[] }
  /** A call is sent again, after `error`. `attempt` counts from 2. */
  | {
      readonly type: 'retrying'
      readonly method: string
      readonly endpoint: string | undefined
      readonly attempt: number
      readonly error: EtcdError
    }
  /** Another auth token is in use. */
  | { readonly type: 'token-refreshed' }
  /** A watch lost its stream; it goes on from `revision` by itself. Keys are bytes as etcd has them. */
  | {
      readonly type: 'watch-interrupted'
      readonly key: Uint8Array
      readonly rangeEnd: Uint8Array
      readonly revision: number
      readonly error: EtcdError
    }
  /** A watch that had been interrupted goes on from `revision`. */
  | {
      readonly type: 'watch-resumed'
      readonly key: Uint8Array
      readonly rangeEnd: Uint8Array
      readonly revision: number
    }
  /** A lease was not renewed when it was due; it is lost in `remainingMs` if this goes on. */
  | {
      readonly type: 'lease-at-risk'
      readonly lease: string
      readonly remainingMs: number
      readonly error: EtcdError | undefined
    }
  /** A lease that had been at risk was renewed. */
  | { readonly type: 'lease-renewed'; readonly lease: string }
  /** A lease can no longer be trusted; its signal is aborted. */
  | { readonly type: 'lease-lost'; readonly lease: string; readonly error: EtcdError }

/** Takes events. It must not throw. */
export type EventSink = (event: ClientEvent) => void
