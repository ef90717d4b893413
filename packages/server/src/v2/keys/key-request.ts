// What a request for a key asks, read from its parameters and checked in etcd's order.

import type { Form } from '../http/form.ts'
import { V2Error, type V2ErrorCode } from '../tree/error.ts'
import { keysRoot } from './render.ts'

/** A request for a key, all of its parameters. */
export interface KeyRequest {
  readonly method: string
  /** The path in the tree. */
  readonly path: string
  readonly value: string
  readonly dir: boolean
  readonly prevValue: string
  readonly prevIndex: bigint
  readonly prevExist: boolean | undefined
  readonly ttlSeconds: bigint | undefined
  readonly isRefresh: boolean
  readonly noValueOnSuccess: boolean
  readonly wait: boolean
  readonly waitIndex: bigint
  readonly isStream: boolean
  readonly recursive: boolean
  readonly sorted: boolean
  readonly quorum: boolean
}

/** Reads one. `path` is that below `/v2/keys`. Throws `V2Error`. */
export function parseKeyRequest(method: string, path: string, form: Form): KeyRequest {
  // One after the other: of several faults the first is told.
  const prevIndex = readIndex(form, 'prevIndex')
  const waitIndex = readIndex(form, 'waitIndex')
  const flags = {
    recursive: readFlag(form, 'recursive'),
    sorted: readFlag(form, 'sorted'),
    wait: readFlag(form, 'wait'),
    dir: readFlag(form, 'dir'),
    quorum: readFlag(form, 'quorum'),
    isStream: readFlag(form, 'stream'),
  }
  if (flags.wait && method !== 'GET') {
    throw new V2Error(209, '"wait" can only be used with GET requests')
  }
  const prevValue = form.get('prevValue')
  if (prevValue === '') throw new V2Error(201, '"prevValue" cannot be empty')
  const noValueOnSuccess = readFlag(form, 'noValueOnSuccess')
  const ttlSeconds = readTtl(form)
  const prevExist = form.has('prevExist') ? readFlag(form, 'prevExist', 'prevExist') : undefined
  return {
    method,
    path: `${keysRoot}${path.replace(/\/$/, '')}`,
    value: form.get('value') ?? '',
    prevValue: prevValue ?? '',
    prevIndex,
    prevExist,
    ttlSeconds,
    isRefresh: readRefresh(form, ttlSeconds),
    noValueOnSuccess,
    waitIndex,
    ...flags,
  }
}

function readIndex(form: Form, name: string): bigint {
  const text = form.get(name)
  return text === undefined ? 0n : readUnsigned(text, 203, name)
}

function readTtl(form: Form): bigint | undefined {
  const text = form.get('ttl') ?? ''
  return text === '' ? undefined : readUnsigned(text, 202, 'ttl')
}

function readUnsigned(text: string, code: V2ErrorCode, name: string): bigint {
  const number = /^\d{1,40}$/.test(text) ? BigInt(text) : -1n
  if (number >= 0n && number < 2n ** 64n) return number
  throw new V2Error(code, `invalid value for "${name}"`)
}

/** What Go's `ParseBool` takes for true, and for false. */
const truths = ['1', 't', 'T', 'TRUE', 'true', 'True']
const falsehoods = ['0', 'f', 'F', 'FALSE', 'false', 'False']

function readFlag(form: Form, name: string, told = `"${name}"`): boolean {
  const text = form.get(name)
  if (text === undefined || falsehoods.includes(text)) return false
  if (truths.includes(text)) return true
  throw new V2Error(209, `invalid value for ${told}`)
}

function readRefresh(form: Form, ttlSeconds: bigint | undefined): boolean {
  const isRefresh = readFlag(form, 'refresh', 'refresh')
  if (!isRefresh) return false
  if ((form.get('value') ?? '') !== '') throw new V2Error(211, 'A value was provided on a refresh')
  if (ttlSeconds === undefined) throw new V2Error(212, 'No TTL value set')
  return true
}
