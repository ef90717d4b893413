// What field names and values may consist of (RFC 9113, 8.2.1; RFC 9110, 5.5 and 5.6.2).

const fieldName = /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/
const fieldValue = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/

/** Throws `TypeError` unless `name` is a token in lower case; a pseudo-header field's begins with a colon. */
export function assertFieldName(name: string): void {
  if (!fieldName.test(name)) {
    throw new TypeError(`Cannot encode header ${JSON.stringify(name)}: not a lower-case token`)
  }
}

/**
 * Throws `TypeError` unless `value` has latin1 characters only, no control character but the tab, and no space or tab
 * at either end. The message does not show the value, which may be secret.
 */
export function assertFieldValue(name: string, value: string): void {
  if (!fieldValue.test(value)) {
    throw new TypeError(
      `Cannot encode header ${JSON.stringify(name)}: value with a control character, a character beyond latin1, or space at an end`,
    )
  }
}
