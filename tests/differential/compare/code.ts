// A sequence as TypeScript that can be run, and what was answered at its end.

import { inspect } from 'node:util'
import { Auth, type Method } from '@etcdkit/protocol'
import { maxTxnOps } from '../arbitraries/txn.ts'
import { describeBytes, describeRevision, isRevisionName, type Plain } from '../play/plain.ts'
import type { PlayedStep } from '../play/player.ts'
import type { Action } from '../play/recorder.ts'
import type { Difference } from './compare.ts'

const maxColumns = 100

const preamble = `import {
  Auth, Cluster, Election, encodeUtf8 as utf8, KV, Lease, Lock, Maintenance, type MessageStream, Watch,
} from '@etcdkit/protocol'
import { Etcd } from 'etcdkit'

// Of a server with --max-txn-ops=${maxTxnOps}, to which nobody else writes.
await using etcd = new Etcd(process.env.ENDPOINT ?? 'http://127.0.0.1:2379')

async function tell(answer: Promise<object>): Promise<void> {
  console.dir(await answer.catch(String), { depth: null })
}

const tokens = new Map<string, string>()

async function login(request: { readonly name: string; readonly password: string }): Promise<void> {
  const answer = etcd.call(Auth.authenticate, request)
  await tell(answer)
  tokens.set(request.name, await answer.then(({ token }) => token, () => 'nobody.1'))
}

function as(user: string): { readonly headers: { readonly token: string } } {
  return { headers: { token: tokens.get(user) ?? 'nobody.1' } }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300))
}

async function show(name: string, stream: MessageStream<object, object>): Promise<void> {
  try {
    for await (const response of stream) console.dir({ [name]: response }, { depth: null })
  } catch (error) {
    console.log(name, String(error))
  }
}

const everything = { key: Uint8Array.of(0), rangeEnd: Uint8Array.of(0) }
await etcd.call(KV.deleteRange, everything)
await etcd.call(KV.put, { key: utf8('~') })
const base = (await etcd.call(KV.deleteRange, everything)).header?.revision ?? 0
await etcd.call(KV.compact, { revision: base })`

/** The steps up to the difference as code, and both answers to the last as comments. */
export function describeDifference(
  steps: readonly PlayedStep[],
  { index, reference, embedded }: Difference,
  base: number,
): string {
  const lines = steps
    .slice(0, index + 1)
    .flatMap(({ sent }) => sent.map((action) => describeAction(action, base)))
  const answers = [
    ...describeAnswer('etcd answers', reference.answer),
    ...describeAnswer('the embedded server answers', embedded.answer),
  ]
  return [preamble, '', ...lines, ...answers].join('\n')
}

function describeAnswer(who: string, answer: Plain): string[] {
  const text = inspect(answer, { depth: null, breakLength: maxColumns - 5, sorted: true })
  return [`// ${who}:`, ...text.split('\n').map((line) => `//   ${line}`)]
}

function describeAction(action: Action, base: number): string {
  switch (action.kind) {
    case 'call': {
      const message = describeValue(action.message, base)
      const { path } = action.method
      if (path === Auth.authenticate.path) return `await login(${message})`
      const caller = action.user === undefined ? '' : `, as('${action.user}')`
      return `await tell(etcd.call(${describeMethod(action.method)}, ${message}${caller}))`
    }
    case 'open': {
      const name = `stream${action.stream}`
      const caller = action.user === undefined ? '' : `, as('${action.user}')`
      const opened = `const ${name} = etcd.stream(${describeMethod(action.method)}${caller})`
      return `${opened}\nvoid show('${name}', ${name})`
    }
    case 'send': {
      const message = describeValue(action.message, base)
      return `stream${action.stream}.send(${message})\nawait settled()`
    }
    case 'end':
    case 'cancel':
      return `stream${action.stream}.${action.kind}()`
  }
}

/** `KV.put` for `etcdserverpb.KV`'s `Put`. */
function describeMethod({ service, name }: Method): string {
  return `${service.replace(/^.*\./, '')}.${name.slice(0, 1).toLowerCase()}${name.slice(1)}`
}

function describeValue(value: unknown, base: number, indent = ''): string {
  if (value instanceof Uint8Array) return describeBytesAsCode(value)
  if (typeof value === 'string') return `'${value}'`
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indent}  `
  const isList = Array.isArray(value)
  const parts = isList
    ? value.map((each) => describeValue(each, base, inner))
    : Object.entries(value)
        .filter(([, field]) => field !== undefined)
        .map(([name, field]) => `${name}: ${describeField(name, field, base, inner)}`)
  if (parts.length === 0) return isList ? '[]' : '{}'
  const line = isList ? `[${parts.join(', ')}]` : `{ ${parts.join(', ')} }`
  if (!line.includes('\n') && indent.length + line.length <= maxColumns - 40) return line
  const [open, close] = isList ? '[]' : '{}'
  return [open, ...parts.map((part) => `${inner}${part},`), `${indent}${close}`].join('\n')
}

function describeField(name: string, value: unknown, base: number, indent: string): string {
  return typeof value === 'number' && isRevisionName(name)
    ? describeRevision(value, base)
    : describeValue(value, base, indent)
}

function describeBytesAsCode(bytes: Uint8Array): string {
  const text = describeBytes(bytes)
  return text.startsWith('0x') || text.includes("'")
    ? `Uint8Array.of(${bytes.join(', ')})`
    : `utf8('${text}')`
}
