// What is worth counting in a step: what was asked, why it was refused, and what watches were sent.

import type { Plain } from './play/plain.ts'
import type { PlayedStep } from './play/player.ts'

/** Names of it, such as `KV.put: empty-key`. */
export function describeStep({ operation, answer }: PlayedStep): string[] {
  const name = operation?.kind === 'call' ? operation.name : (operation?.kind ?? 'end')
  return describe(answer).map((what) => `${name}: ${what}`)
}

function describe(answer: Plain): string[] {
  if (typeof answer !== 'object' || Array.isArray(answer)) return [String(answer)]
  const names: string[] = []
  for (const [name, value] of Object.entries(answer)) {
    if (name === 'refused') names.push(describeRefusal(value))
    else if (name.startsWith('stream ')) names.push(...describeReceived(name, value))
    else if (name === 'cancelReason') names.push(String(value))
  }
  return names.length === 0 ? ['answered'] : names
}

function describeRefusal(refusal: Plain): string {
  if (typeof refusal !== 'object') return String(refusal)
  const { code, message } = Object.fromEntries(Object.entries(refusal))
  return String(code ?? message)
}

function describeReceived(name: string, responses: Plain): string[] {
  if (name.endsWith('progress')) return ['progress']
  return Array.isArray(responses)
    ? responses.map((each) => ('canceled' in each ? 'watch ended by the server' : 'events'))
    : []
}
