// Directories, lists, and keys in order.

import { dir, file, type KeysCase, lasting, refusal, row } from './keys-case.ts'

/** The cases. */
export const directories: readonly KeysCase[] = [
  row('79 mkdir', ['PUT P/d dir=true'], 201, { action: 'set', node: dir('P/d', '#1') }),
  row(
    '80 mkdir twice',
    ['PUT P/d dir=true', 'PUT P/d dir=true'],
    403,
    refusal(102, 'Not a file', 'P/d'),
  ),
  row(
    '81 mkdir of what is there, if it is not',
    ['PUT P/d dir=true', 'PUT P/d?prevExist=false dir=true'],
    412,
    refusal(105, 'Key already exists', 'P/d'),
  ),
  row(
    '85 a value for a directory',
    ['PUT P/d dir=true', 'PUT P/d?prevExist=true value=1'],
    403,
    refusal(102, 'Not a file', 'P/d'),
  ),
  row('87 the value of a mkdir is dropped', ['PUT P/d dir=true&value=1', 'GET P/d'], 200, {
    action: 'get',
    node: dir('P/d', '#1'),
  }),
  row(
    '92 a list, sorted, hidden ones left out',
    [
      'PUT P/b value=2',
      'PUT P/a value=1',
      'PUT P/_h value=3',
      'PUT P/c/x value=4',
      'GET P?sorted=true',
    ],
    200,
    {
      action: 'get',
      node: {
        ...dir('P', '#1'),
        nodes: [file('P/a', '1', '#2'), file('P/b', '2', '#1'), dir('P/c', '#4')],
      },
    },
  ),
  row(
    '93 a tree, sorted, hidden ones left out',
    ['PUT P/c/_h value=1', 'PUT P/c/x value=2', 'GET P?recursive=true&sorted=true'],
    200,
    {
      action: 'get',
      node: {
        ...dir('P', '#1'),
        nodes: [{ ...dir('P/c', '#1'), nodes: [file('P/c/x', '2', '#2')] }],
      },
    },
  ),
  row('94 a hidden one itself', ['PUT P/_h value=1', 'GET P/_h'], 200, {
    action: 'get',
    node: file('P/_h', '1', '#1'),
  }),
  row('95 what is in a hidden directory', ['PUT P/_h/x value=1', 'GET P/_h'], 200, {
    action: 'get',
    node: { ...dir('P/_h', '#1'), nodes: [file('P/_h/x', '1', '#1')] },
  }),
  row('96 an empty directory', ['PUT P/d dir=true', 'GET P/d?recursive=true'], 200, {
    action: 'get',
    node: dir('P/d', '#1'),
  }),
  row(
    '98 a delete of a directory',
    ['PUT P/d/x value=1', 'DELETE P/d'],
    403,
    refusal(102, 'Not a file', 'P/d'),
  ),
  row(
    '99 a delete of one that is not empty',
    ['PUT P/d/x value=1', 'DELETE P/d?dir=true'],
    403,
    refusal(108, 'Directory not empty', 'P/d'),
  ),
  row('100 a delete of an empty one', ['PUT P/d dir=true', 'DELETE P/d?dir=true'], 200, {
    action: 'delete',
    node: dir('P/d', '#2', '#1'),
    prevNode: dir('P/d', '#1'),
  }),
  row(
    '101 a delete with all that is in it',
    ['PUT P/d/x value=1', 'DELETE P/d?recursive=true'],
    200,
    {
      action: 'delete',
      node: dir('P/d', '#2', '#1'),
      prevNode: dir('P/d', '#1'),
    },
  ),
  row(
    '103 a file deleted as a directory',
    ['PUT P/a value=1', 'DELETE P/a?dir=true&recursive=true'],
    200,
    {
      action: 'delete',
      node: { key: 'P/a', modifiedIndex: '#2', createdIndex: '#1' },
      prevNode: file('P/a', '1', '#1'),
    },
  ),
  row(
    '104 a delete of what is missing',
    ['PUT P?dir=true', 'DELETE P/a'],
    404,
    refusal(100, 'Key not found', 'P/a'),
  ),
  row('107 POST', ['POST P/q value=1'], 201, {
    action: 'create',
    node: file('P/q/#1:20', '1', '#1'),
  }),
  row('108 POST makes directories', ['POST P/q dir=true'], 201, {
    action: 'create',
    node: dir('P/q/#1:20', '#1'),
  }),
  row(
    '110 POST onto a file',
    ['PUT P/a value=1', 'POST P/a value=2'],
    400,
    refusal(104, 'Not a directory', 'P/a'),
  ),
  row('112 POST does not look at prevExist', ['POST P/q?prevExist=true value=1'], 201, {
    action: 'create',
    node: file('P/q/#1:20', '1', '#1'),
  }),
  row(
    '114 POST keeps order',
    ['POST P/q value=1', 'POST P/q value=2', 'GET P/q?sorted=true'],
    200,
    {
      action: 'get',
      node: {
        ...dir('P/q', '#1'),
        nodes: [file('P/q/#1:20', '1', '#1'), file('P/q/#2:20', '2', '#2')],
      },
    },
  ),
]

/** Cases in which etcd 3.5 fails: what 3.4 and the embedded server answer. */
export const directoryUpdates: readonly KeysCase[] = [
  row(
    '83 a ttl for a directory',
    ['PUT P/d dir=true', 'PUT P/d?prevExist=true dir=true&ttl=100'],
    200,
    {
      action: 'update',
      node: lasting(dir('P/d', '#2', '#1'), 100),
      prevNode: dir('P/d', '#1'),
    },
  ),
  row(
    '84 no ttl for a directory',
    ['PUT P/d dir=true&ttl=100', 'PUT P/d?prevExist=true dir=true&ttl='],
    200,
    {
      action: 'update',
      node: dir('P/d', '#2', '#1'),
      prevNode: lasting(dir('P/d', '#1'), 100),
    },
  ),
  row(
    'the directory itself keeps its index',
    ['PUT P/d dir=true', 'PUT P/d?prevExist=true dir=true', 'GET P/d'],
    200,
    {
      action: 'get',
      node: dir('P/d', '#1'),
    },
  ),
]
