// Keys compared, swapped and deleted.

import { badNumber, file, type KeysCase, refusal, rootReadOnly, row } from './keys-case.ts'

const compareFailed = (cause: string): object => refusal(101, 'Compare failed', cause)

/** The cases. */
export const conditions: readonly KeysCase[] = [
  row(
    '54 another value',
    ['PUT P/a value=one', 'PUT P/a?prevValue=two value=x'],
    412,
    compareFailed('[two != one]'),
  ),
  row(
    '55 another index',
    ['PUT P/a value=one', 'PUT P/a?prevIndex=1 value=x'],
    412,
    compareFailed('[1 != #1]'),
  ),
  row(
    '56 both others',
    ['PUT P/a value=one', 'PUT P/a?prevValue=two&prevIndex=1 value=x'],
    412,
    compareFailed('[two != one] [1 != #1]'),
  ),
  row(
    '57 the value, and another index',
    ['PUT P/a value=one', 'PUT P/a?prevValue=one&prevIndex=1 value=x'],
    412,
    compareFailed('[1 != #1]'),
  ),
  row(
    '58 the index, and another value',
    ['PUT P/a value=one', 'PUT P/a?prevValue=two&prevIndex=#1 value=x'],
    412,
    compareFailed('[two != one]'),
  ),
  row('59 an index of 0 is none', ['PUT P/a value=1', 'PUT P/a?prevIndex=0 value=2'], 200, {
    action: 'set',
    node: file('P/a', '2', '#2'),
    prevNode: file('P/a', '1', '#1'),
  }),
  row('60 create', ['PUT P/a?prevExist=false value=1'], 201, {
    action: 'create',
    node: file('P/a', '1', '#1'),
  }),
  row('61 a swap by value', ['PUT P/a value=1', 'PUT P/a?prevValue=1 value=2'], 200, {
    action: 'compareAndSwap',
    node: file('P/a', '2', '#2', '#1'),
    prevNode: file('P/a', '1', '#1'),
  }),
  row('62 a swap by index', ['PUT P/a value=1', 'PUT P/a?prevIndex=#1 value=2'], 200, {
    action: 'compareAndSwap',
    node: file('P/a', '2', '#2', '#1'),
    prevNode: file('P/a', '1', '#1'),
  }),
  row(
    '63 prevExist=false wins over conditions',
    ['PUT P/a?prevExist=false&prevValue=x&prevIndex=1 value=1'],
    201,
    {
      action: 'create',
      node: file('P/a', '1', '#1'),
    },
  ),
  row(
    '64 a swap of what is missing',
    ['PUT P?dir=true', 'PUT P/a?prevValue=1 value=2'],
    404,
    refusal(100, 'Key not found', 'P/a'),
  ),
  row(
    '66 an index that is no number',
    ['PUT P/a?prevIndex=abc value=1'],
    400,
    badNumber('prevIndex'),
  ),
  row(
    '67 an index to wait for that is no number',
    ['GET P/a?wait=true&waitIndex=-1'],
    400,
    badNumber('waitIndex'),
  ),
  row(
    '69 a swap of a directory',
    ['PUT P/d dir=true', 'PUT P/d?prevIndex=#1 value=1'],
    403,
    refusal(102, 'Not a file', 'P/d'),
  ),
  row('70 a swap of the root', ['PUT /?prevIndex=1 value=1'], 400, rootReadOnly),
  row(
    '71 a delete if another value',
    ['PUT P/a value=1', 'DELETE P/a?prevValue=2'],
    412,
    compareFailed('[2 != 1]'),
  ),
  row(
    '72 a delete if another index',
    ['PUT P/a value=1', 'DELETE P/a?prevIndex=1'],
    412,
    compareFailed('[1 != #1]'),
  ),
  row(
    '73 a delete if both others',
    ['PUT P/a value=1', 'DELETE P/a?prevValue=2&prevIndex=1'],
    412,
    compareFailed('[2 != 1] [1 != #1]'),
  ),
  row(
    '74 a conditional delete of a directory',
    ['PUT P/d dir=true', 'DELETE P/d?prevIndex=#1&recursive=true'],
    403,
    refusal(102, 'Not a file', 'P/d'),
  ),
  row('76 a conditional delete', ['PUT P/a value=1', 'DELETE P/a?prevValue=1&prevIndex=#1'], 200, {
    action: 'compareAndDelete',
    node: { key: 'P/a', modifiedIndex: '#2', createdIndex: '#1' },
    prevNode: file('P/a', '1', '#1'),
  }),
  row('the form of a DELETE is not read', ['PUT P/a value=1', 'DELETE P/a prevValue=other'], 200, {
    action: 'delete',
    node: { key: 'P/a', modifiedIndex: '#2', createdIndex: '#1' },
    prevNode: file('P/a', '1', '#1'),
  }),
]
