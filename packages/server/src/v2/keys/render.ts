// Events and errors as the JSON that etcd writes. Keys and values have a code unit for each byte; what comes out is text.

import type { V2Error } from '../tree/error.ts'
import type { NodeView, V2Event } from '../tree/event.ts'

/** Above clients' keys in the tree; not told. */
export const keysRoot = '/1'

const rendered = new WeakMap<V2Event, string>()

/** An event as a line. The same event is written once, however many are told of it. */
export function renderEvent(event: V2Event): string {
  const known = rendered.get(event)
  if (known !== undefined) return known
  const fields = [
    `"action":"${event.action}"`,
    `"node":${renderNode(event.node)}`,
    ...(event.prevNode === undefined ? [] : [`"prevNode":${renderNode(event.prevNode)}`]),
  ]
  const line = decode(`{${fields.join(',')}}\n`)
  rendered.set(event, line)
  return line
}

/** The event of a write whose client wants none of the rest. */
export function renderAction({ action }: V2Event): string {
  return `{"action":"${action}"}\n`
}

/** An error as a line. */
export function renderError(error: V2Error): string {
  const cause = withoutRoot(error.message)
  const fields = [
    `"errorCode":${error.code}`,
    `"message":${renderText(error.words)}`,
    ...(cause === '' ? [] : [`"cause":${renderText(cause)}`]),
    `"index":${error.index}`,
  ]
  return decode(`{${fields.join(',')}}\n`)
}

/** Like Go's `omitempty`: what is nothing is not told, but for the value of a file. */
function renderNode(node: NodeView): string {
  const key = withoutRoot(node.key)
  const fields = [
    key && `"key":${renderText(key)}`,
    node.value === undefined ? '' : `"value":${renderText(node.value)}`,
    node.dir && '"dir":true',
    node.expiresAtMs === undefined ? '' : `"expiration":"${renderTime(node.expiresAtMs)}"`,
    node.ttlSeconds && `"ttl":${node.ttlSeconds}`,
    node.nodes?.length && `"nodes":[${node.nodes.map(renderNode).join(',')}]`,
    node.modifiedIndex && `"modifiedIndex":${node.modifiedIndex}`,
    node.createdIndex && `"createdIndex":${node.createdIndex}`,
  ]
  return `{${fields.filter(Boolean).join(',')}}`
}

function withoutRoot(path: string): string {
  return path.startsWith(keysRoot) ? path.slice(keysRoot.length) : path
}

/** A moment in UTC with what there is of nanoseconds, as Go's `RFC3339Nano`. */
export function renderTime(ms: number): string {
  const whole = Math.floor(ms)
  const [seconds = '', thousandths = ''] = new Date(whole).toISOString().slice(0, -1).split('.')
  const nanos = Math.min(999_999, Math.round((ms - whole) * 1e6))
  const fraction = `${thousandths}${String(nanos).padStart(6, '0')}`.replace(/0+$/, '')
  return `${seconds}${fraction && `.${fraction}`}Z`
}

/** The text of UTF-8: what was none is escaped by now. */
function decode(units: string): string {
  return /[\x80-\xff]/.test(units) ? Buffer.from(units, 'latin1').toString() : units
}

const plain = /^[ !#-%'-;=?-[\]-~]*$/
/** Characters of UTF-8 beyond ASCII, bytes that are none, and what JSON or HTML would take for something else. */
const special =
  /[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|\xed[\x80-\x9f][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}|[^ !#-%'-;=?-[\]-~]/g

function renderText(text: string): string {
  if (plain.test(text)) return `"${text}"`
  return `"${text.replace(special, (match) => (match.length > 1 ? renderWide(match) : renderByte(match)))}"`
}

/** The two line separators of Unicode are escaped, since JavaScript did not take them in strings. */
function renderWide(character: string): string {
  if (character === '\xe2\x80\xa8') return '\\u2028'
  return character === '\xe2\x80\xa9' ? '\\u2029' : character
}

function renderByte(unit: string): string {
  const code = unit.charCodeAt(0)
  if (code === 0x7f) return unit
  if (code > 0x7f) return '\\ufffd'
  if (/["\\\n\r\t\b\f]/.test(unit)) return JSON.stringify(unit).slice(1, -1)
  return `\\u${code.toString(16).padStart(4, '0')}`
}
