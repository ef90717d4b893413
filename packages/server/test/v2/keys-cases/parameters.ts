// Parameters that are wrong, or that nobody knows.

import { badNumber, file, type KeysCase, refusal, row } from './keys-case.ts'

const badField = (cause: string): object => refusal(209, 'Invalid field', cause, '0')
const badTtl = refusal(
  202,
  'The given TTL in POST form is not a number',
  'invalid value for "ttl"',
  '0',
)

/** The cases. */
export const parameters: readonly KeysCase[] = [
  ...['recursive', 'sorted', 'wait', 'dir', 'quorum', 'stream', 'noValueOnSuccess'].map((name) =>
    row(
      `117 ${name} that is none`,
      [`GET P/a?${name}=yes`],
      400,
      badField(`invalid value for "${name}"`),
    ),
  ),
  row(
    '124 an empty boolean',
    ['GET P/a?recursive='],
    400,
    badField('invalid value for "recursive"'),
  ),
  row(
    '125 prevExist that is none',
    ['PUT P/a?prevExist=x value=1'],
    400,
    badField('invalid value for prevExist'),
  ),
  row(
    '126 refresh that is none',
    ['PUT P/a?refresh=x value=1'],
    400,
    badField('invalid value for refresh'),
  ),
  row(
    '127 wait for a write',
    ['PUT P/a?wait=true value=1'],
    400,
    badField('"wait" can only be used with GET requests'),
  ),
  row(
    '128 an empty prevValue',
    ['PUT P/a?prevValue= value=1'],
    400,
    refusal(201, 'PrevValue is Required in POST form', '"prevValue" cannot be empty', '0'),
  ),
  ...['abc', '-1', '1.5', '18446744073709551616'].map((ttl) =>
    row(`130 a ttl of ${ttl}`, [`PUT P/a value=1&ttl=${ttl}`], 400, badTtl),
  ),
  row(
    '134 of several faults the first',
    ['PUT P/a?prevIndex=x&recursive=x&ttl=x value=1'],
    400,
    badNumber('prevIndex'),
  ),
  row('136 parameters nobody knows', ['PUT P/a?whatever=x value=1'], 201, {
    action: 'set',
    node: file('P/a', '1', '#1'),
  }),
  row(
    '152 a value with a refresh',
    ['PUT P/a refresh=true&ttl=5&value=1'],
    400,
    refusal(211, 'Value provided on refresh', 'A value was provided on a refresh', '0'),
  ),
  row(
    '153 a refresh without a ttl',
    ['PUT P/a refresh=true'],
    400,
    refusal(212, 'A TTL must be provided on refresh', 'No TTL value set', '0'),
  ),
]
