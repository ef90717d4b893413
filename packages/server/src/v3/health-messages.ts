// grpc.health.v1: the two messages of the health service, which are not etcd's own.

import {
  DecodeError,
  type JsonObject,
  type JsonValue,
  type MessageInit,
  type MessageType,
  Reader,
  type StreamMethod,
  type UnaryMethod,
  Writer,
} from '@etcdkit/protocol'

/** Which service is asked for; empty for the server as a whole. */
export interface HealthCheckRequest {
  readonly service: string
}

/** How it is. */
export interface HealthCheckResponse {
  /** 1 SERVING, 2 NOT_SERVING, 3 SERVICE_UNKNOWN. */
  readonly status: number
}

const tagOfFirstString = 10
const tagOfFirstEnum = 8

/** The codecs of {@link HealthCheckRequest}. */
export const HealthCheckRequest: MessageType<HealthCheckRequest> = {
  typeName: 'grpc.health.v1.HealthCheckRequest',
  retainsBytes: false,
  create: (init) => ({ service: init?.service ?? '' }),
  encode: (message) => encode(HealthCheckRequest, message),
  write: (writer, { service = '' }) => writer.string(tagOfFirstString, service, 'service'),
  decode(bytes) {
    let service = ''
    readFields(bytes, tagOfFirstString, (reader) => {
      service = reader.string()
    })
    return { service }
  },
  toJson: ({ service = '' }) => ({ service }),
  fromJson: (json) => ({ service: String(objectOf(json).service ?? '') }),
}

/** The codecs of {@link HealthCheckResponse}. */
export const HealthCheckResponse: MessageType<HealthCheckResponse> = {
  typeName: 'grpc.health.v1.HealthCheckResponse',
  retainsBytes: false,
  create: (init) => ({ status: init?.status ?? 0 }),
  encode: (message) => encode(HealthCheckResponse, message),
  write: (writer, { status = 0 }) => writer.enum(tagOfFirstEnum, status, 'status'),
  decode(bytes) {
    let status = 0
    readFields(bytes, tagOfFirstEnum, (reader) => {
      status = reader.enum()
    })
    return { status }
  },
  toJson: ({ status = 0 }) => ({ status }),
  fromJson: (json) => ({ status: Number(objectOf(json).status ?? 0) }),
}

const healthMethod = {
  service: 'grpc.health.v1.Health',
  gatewayPaths: [],
  input: HealthCheckRequest,
  output: HealthCheckResponse,
} as const

/** Asks once. */
export const healthCheck: UnaryMethod<HealthCheckRequest, HealthCheckResponse> = {
  ...healthMethod,
  name: 'Check',
  path: '/grpc.health.v1.Health/Check',
  kind: 'unary',
  retry: 'repeatable',
}

/** Asks, and hears of changes. */
export const healthWatch: StreamMethod<HealthCheckRequest, HealthCheckResponse> = {
  ...healthMethod,
  name: 'Watch',
  path: '/grpc.health.v1.Health/Watch',
  kind: 'server-streaming',
  retry: 'stream',
}

function encode<T extends object>(type: MessageType<T>, message: MessageInit<T>): Uint8Array {
  const writer = new Writer()
  type.write(writer, message)
  return writer.copy()
}

function readFields(bytes: Uint8Array, wanted: number, read: (reader: Reader) => void): void {
  const reader = new Reader(bytes)
  while (reader.more()) {
    const tag = reader.tag()
    if (tag === wanted) read(reader)
    else reader.skip(tag)
  }
}

function objectOf(json: JsonValue): JsonObject {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new DecodeError('not an object')
  }
  // Neither null nor an array.
  return json as JsonObject
}
