// Whether an event is one of those that were asked for. etcd's history takes a deleted `/dd` for a parent of `/ddother`.

import { isObject, parseJson } from '../transport/gateway/answer-status.ts'

/** Whether the event in `line` is of the clean `key`, of what is below it if `recursive`, or of a directory above it. */
export function concerns(key: string, recursive: boolean, line: string): boolean {
  const json = parseJson(line)
  const node = isObject(json) ? json.node : undefined
  const changed = isObject(node) && typeof node.key === 'string' ? node.key : '/'
  if (changed === key) return true
  return isBelow(changed, key) ? recursive : isBelow(key, changed)
}

function isBelow(key: string, parent: string): boolean {
  return parent === '/' || key.startsWith(`${parent}/`)
}
