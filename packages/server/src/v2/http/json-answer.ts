// Answers in JSON, as Go writes it.

import { type Answer, jsonHeaders } from '../../http/answer.ts'

/** An error of any page but those of keys. */
export function messageAnswer(status: number, message: string): Answer {
  return { status, headers: jsonHeaders, body: goJson({ message }) }
}

/** JSON safe inside HTML. */
export function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
