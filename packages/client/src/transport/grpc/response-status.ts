// What a response's headers say of how the call went (gRPC over HTTP/2).

import type { HeaderList } from '../../http2/hpack/decoder.ts'
import type { ResponseStatus } from '../failure.ts'

const unknownStatus = 2
const internalStatus = 13

/** Why a response is no gRPC response, or `undefined` if it is one. Source: gRPC's http-grpc-status-mapping.md. */
export function notGrpc(headers: HeaderList): ResponseStatus | undefined {
  // Trailers, which say nothing of it.
  if (headers.status === undefined) return undefined
  const contentType = headers.contentType
  if (headers.status === '200' && contentType?.startsWith('application/grpc')) return undefined
  if (headers.status !== '200') {
    const status = statusOfHttp[headers.status] ?? unknownStatus
    return { status, message: `the server answered HTTP ${headers.status}` }
  }
  return {
    status: unknownStatus,
    message: `the server answered ${contentType ?? 'without a content type'}, not application/grpc`,
  }
}

const statusOfHttp: Readonly<Record<string, number>> = {
  '400': internalStatus,
  '401': 16,
  '403': 7,
  '404': 12,
  '429': 14,
  '502': 14,
  '503': 14,
  '504': 14,
}

/** The status in trailers. */
export function statusOf(trailers: HeaderList): ResponseStatus {
  const text = trailers.grpcStatus
  if (text === '0') return ok
  if (text === undefined || !/^\d{1,3}$/.test(text)) {
    return {
      status: unknownStatus,
      message: `the server ended the call without a valid grpc-status`,
    }
  }
  return { status: Number(text), message: decodeMessage(trailers.grpcMessage ?? '') }
}

const ok: ResponseStatus = { status: 0, message: '' }

/** Undoes the percent-encoding of `grpc-message`; what is not valid stays as it is. */
export function decodeMessage(text: string): string {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
