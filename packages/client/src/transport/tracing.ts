// Node's `diagnostics_channel`: every call as a tracing channel, every event of the client as a channel. Shared by gRPC
// and the gateway; where the runtime has no such module, nobody listens.

import type { ClientEvent, EventSink, Method } from '@etcdkit/protocol'

/**
 * What subscribers of the tracing channel `etcdkit:call` are given, one object a call: `start` and `end` around its
 * beginning, `error` if it fails, `asyncStart` and `asyncEnd` when it is over. For a stream that is its whole life.
 */
export interface CallTrace {
  /** The service and the method, such as `etcdserverpb.KV/Range`. */
  readonly method: string
  /** The endpoint of the last attempt. Known when the call is over. */
  endpoint: string | undefined
  /** How often it was sent. Known when the call is over. */
  attempts: number
  /** What it was rejected with, if it was. */
  error: unknown
}

/** What of a call its trace tells. */
export interface TracedCall {
  readonly method: Method
  readonly attempts: number
  trace: CallTrace | undefined
}

interface Channel {
  readonly hasSubscribers: boolean
  publish(message: unknown): void
}

interface TracingChannel {
  readonly start: Channel
  readonly end: Channel
  readonly asyncStart: Channel
  readonly asyncEnd: Channel
  readonly error: Channel
}

interface DiagnosticsChannel {
  channel(name: string): Channel
  tracingChannel(name: string): TracingChannel
}

const diagnostics = /* @__PURE__ */ load()
const calls = /* @__PURE__ */ diagnostics?.tracingChannel('etcdkit:call')
const events = /* @__PURE__ */ diagnostics?.channel('etcdkit:event')

function load(): DiagnosticsChannel | undefined {
  // As much of `process` as is needed, of which other runtimes have less.
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (name: string) => DiagnosticsChannel | undefined }
  }
  return process?.getBuiltinModule?.('node:diagnostics_channel')
}

/** Begins the trace of a call, if anyone listens. */
export function traceStart(call: TracedCall): void {
  if (calls === undefined) return
  const { start, asyncEnd, error } = calls
  if (!start.hasSubscribers && !asyncEnd.hasSubscribers && !error.hasSubscribers) return
  const { service, name } = call.method
  call.trace = { method: `${service}/${name}`, endpoint: undefined, attempts: 0, error: undefined }
  start.publish(call.trace)
  calls.end.publish(call.trace)
}

/** Ends the trace of a call. `error`: what it is rejected with; `undefined` if it went well. */
export function traceEnd(call: TracedCall, endpoint: string | undefined, error: unknown): void {
  const { trace } = call
  if (trace === undefined || calls === undefined) return
  call.trace = undefined
  trace.endpoint = endpoint
  trace.attempts = call.attempts
  trace.error = error
  if (error !== undefined) calls.error.publish(trace)
  calls.asyncStart.publish(trace)
  calls.asyncEnd.publish(trace)
}

/** The channel `etcdkit:event`, for events that are not a transport's. */
export const eventChannel = {
  /** Whether anyone listens. */
  get active(): boolean {
    return events?.hasSubscribers === true
  },
  emit(event: ClientEvent): void {
    events?.publish(event)
  },
}

/** Where a transport tells its events: to its listener and to the channel. `undefined` while nobody listens to either. */
export function eventSink(listener: EventSink | undefined): EventSink | undefined {
  if (!eventChannel.active) return listener
  return (event) => {
    eventChannel.emit(event)
    listener?.(event)
  }
}
