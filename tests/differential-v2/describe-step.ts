// What is worth counting in a step: what was asked, status, action and error of the answer, and the events of watches.

import type { PlayedStep } from './player.ts'

/** Names of it, such as `PUT: 404 100`. */
export function describeStep({ operation, answer }: PlayedStep): string[] {
  const name = operation === undefined ? 'end' : nameOf(operation)
  return describe(answer).map((what) => `${name}: ${what}`)
}

function nameOf(operation: NonNullable<PlayedStep['operation']>): string {
  return 'method' in operation ? operation.method : operation.kind
}

function describe(answer: unknown): string[] {
  if (Array.isArray(answer)) return answer.flat().map((line) => `event ${actionOf(String(line))}`)
  if (typeof answer !== 'object' || answer === null || !('status' in answer)) return ['answered']
  const body = 'body' in answer ? String(answer.body) : ''
  return [[answer.status, actionOf(body)].filter((part) => part !== '').join(' ')]
}

function actionOf(body: string): string {
  return /^\{"(?:action|errorCode)":"?(\w+)/.exec(body)?.[1] ?? ''
}
