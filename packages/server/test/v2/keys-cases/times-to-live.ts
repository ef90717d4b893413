// Times to live that are given, changed and cleared.

import { file, type KeysCase, lasting, refusal, row } from './keys-case.ts'

/** The cases. */
export const ttls: readonly KeysCase[] = [
  row('144 a ttl', ['PUT P/a value=1&ttl=100'], 201, {
    action: 'set',
    node: lasting(file('P/a', '1', '#1'), 100),
  }),
  row('145 a set without one clears it', ['PUT P/a value=1&ttl=100', 'PUT P/a value=2'], 200, {
    action: 'set',
    node: file('P/a', '2', '#2'),
    prevNode: lasting(file('P/a', '1', '#1'), 100),
  }),
  row(
    '147 an update with one',
    ['PUT P/a value=1', 'PUT P/a?prevExist=true value=2&ttl=100'],
    200,
    {
      action: 'update',
      node: lasting(file('P/a', '2', '#2', '#1'), 100),
      prevNode: file('P/a', '1', '#1'),
    },
  ),
  row(
    '148 an update with an empty one clears it',
    ['PUT P/a value=1&ttl=100', 'PUT P/a?prevExist=true value=2&ttl='],
    200,
    {
      action: 'update',
      node: file('P/a', '2', '#2', '#1'),
      prevNode: lasting(file('P/a', '1', '#1'), 100),
    },
  ),
  row('150 a swap with one', ['PUT P/a value=1', 'PUT P/a?prevValue=1 value=2&ttl=100'], 200, {
    action: 'compareAndSwap',
    node: lasting(file('P/a', '2', '#2', '#1'), 100),
    prevNode: file('P/a', '1', '#1'),
  }),
  row(
    '154 a refresh of an update keeps value and creation',
    ['PUT P/a value=1', 'PUT P/a refresh=true&ttl=100&prevExist=true'],
    200,
    {
      action: 'update',
      node: lasting(file('P/a', '1', '#2', '#1'), 100),
      prevNode: file('P/a', '1', '#1'),
    },
  ),
  row(
    '155 a refresh of a set keeps the value',
    ['PUT P/a value=1', 'PUT P/a refresh=true&ttl=100'],
    200,
    {
      action: 'set',
      node: lasting(file('P/a', '1', '#2'), 100),
      prevNode: file('P/a', '1', '#1'),
    },
  ),
  row(
    '156 a refresh of a swap',
    ['PUT P/a value=1', 'PUT P/a refresh=true&ttl=100&prevValue=1'],
    200,
    {
      action: 'compareAndSwap',
      node: lasting(file('P/a', '1', '#2', '#1'), 100),
      prevNode: file('P/a', '1', '#1'),
    },
  ),
  row(
    '157 a refresh of what is missing',
    ['PUT P?dir=true', 'PUT P/a refresh=true&ttl=100'],
    404,
    refusal(100, 'Key not found', 'P/a'),
  ),
  row('158 refresh=false is a write like any', ['PUT P/a refresh=false&value=1'], 201, {
    action: 'set',
    node: file('P/a', '1', '#1'),
  }),
  row('a ttl of centuries is none', ['PUT P/a value=1&ttl=9300000000'], 201, {
    action: 'set',
    node: file('P/a', '1', '#1'),
  }),
]
