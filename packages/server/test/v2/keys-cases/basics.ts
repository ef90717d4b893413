// Keys read and written.

import { dir, file, type KeysCase, refusal, rootReadOnly, row } from './keys-case.ts'

/** The cases. */
export const basics: readonly KeysCase[] = [
  row('6 PUT to the root', ['PUT / value=1'], 400, rootReadOnly),
  row('7 mkdir of the root', ['PUT / dir=true'], 400, rootReadOnly),
  row('8 DELETE of the root', ['DELETE /?recursive=true'], 400, rootReadOnly),
  row('9 update of the root', ['PUT /?prevExist=true value=1'], 400, rootReadOnly),
  row(
    '13 the first part that is missing',
    ['GET P/no/such'],
    404,
    refusal(100, 'Key not found', 'P'),
  ),
  row(
    '14 a deeper part that is missing',
    ['PUT P/a value=1', 'GET P/no/such'],
    404,
    refusal(100, 'Key not found', 'P/no'),
  ),
  row('15 a new key', ['PUT P/a value=1'], 201, { action: 'set', node: file('P/a', '1', '#1') }),
  row('16 a key again', ['PUT P/a value=1', 'PUT P/a value=2'], 200, {
    action: 'set',
    node: file('P/a', '2', '#2'),
    prevNode: file('P/a', '1', '#1'),
  }),
  row('21 a read by quorum', ['PUT P/a value=1', 'GET P/a?quorum=true'], 200, {
    action: 'get',
    node: file('P/a', '1', '#1'),
  }),
  row('25 HEAD of what is missing', ['HEAD P/none'], 404),
  row('26 a value in the query', ['PUT P/a?value=q'], 201, {
    action: 'set',
    node: file('P/a', 'q', '#1'),
  }),
  row('27 the form wins over the query', ['PUT P/a?value=q value=f&value=g'], 201, {
    action: 'set',
    node: file('P/a', 'f', '#1'),
  }),
  row('28 no value is an empty one', ['PUT P/a'], 201, {
    action: 'set',
    node: file('P/a', '', '#1'),
  }),
  row('30 characters of all kinds', ['PUT P/k%20%C3%A9 value=%3Ca%3E%26%22+%E2%82%AC'], 201, {
    action: 'set',
    node: file('P/k é', '<a>&" €', '#1'),
  }),
  row('%2F is a slash', ['PUT P/d%2Fe value=1', 'GET P/d/e'], 200, {
    action: 'get',
    node: file('P/d/e', '1', '#1'),
  }),
  row(
    '33 create of what is there',
    ['PUT P/a value=1', 'PUT P/a?prevExist=false value=2'],
    412,
    refusal(105, 'Key already exists', 'P/a'),
  ),
  row(
    '36 update of what is missing',
    ['PUT P?dir=true', 'PUT P/a?prevExist=true value=1'],
    404,
    refusal(100, 'Key not found', 'P/a'),
  ),
  row(
    '37 an update keeps the index of creation',
    ['PUT P/a value=1', 'PUT P/a?prevExist=true value=2'],
    200,
    {
      action: 'update',
      node: file('P/a', '2', '#2', '#1'),
      prevNode: file('P/a', '1', '#1'),
    },
  ),
  row('38 an update without a value empties', ['PUT P/a value=1', 'PUT P/a?prevExist=true'], 200, {
    action: 'update',
    node: file('P/a', '', '#2', '#1'),
    prevNode: file('P/a', '1', '#1'),
  }),
  row(
    '39 a file on the way of a write',
    ['PUT P/a value=1', 'PUT P/a/b/c value=1'],
    400,
    refusal(104, 'Not a directory', 'P/a'),
  ),
  row(
    '40 a file on the way of a read',
    ['PUT P/a value=1', 'GET P/a/b'],
    400,
    refusal(104, 'Not a directory', 'P/a'),
  ),
  row('41 a directory in the place of a file', ['PUT P/a value=1', 'PUT P/a dir=true'], 200, {
    action: 'set',
    node: dir('P/a', '#2'),
    prevNode: file('P/a', '1', '#1'),
  }),
  row(
    '42 a file in the place of a directory',
    ['PUT P/d dir=true', 'PUT P/d value=1'],
    403,
    refusal(102, 'Not a file', 'P/d'),
  ),
  row(
    '46 a form that is none',
    ['PUT P/a value=%zz'],
    400,
    refusal(210, 'Invalid POST form', 'invalid URL escape "%zz"', '0'),
  ),
  row('49 noValueOnSuccess', ['PUT P/a?noValueOnSuccess=true value=1'], 201, { action: 'set' }),
  row(
    '51 noValueOnSuccess says nothing to a delete',
    ['PUT P/a value=1', 'DELETE P/a?noValueOnSuccess=true'],
    200,
    {
      action: 'delete',
      node: { key: 'P/a', modifiedIndex: '#2', createdIndex: '#1' },
      prevNode: file('P/a', '1', '#1'),
    },
  ),
]
