// The floors of the house: which folder may import from which. Imports point down; siblings do not see each other.

/** A folder and what it may import, beside itself and the packages that its package.json names. */
export interface Floor {
  /** The folder, from the project's root. The longest that matches a file is the file's. */
  readonly folder: string
  /** Folders it may import from. */
  readonly below: readonly string[]
  /** Whether it may import Node's own modules. */
  readonly node: boolean
}

const protocol = 'packages/protocol/src'
const client = 'packages/client/src'
const server = 'packages/server/src'

/** The table. A folder of sources that is not in it is an error, so that new ones are given a place. */
export const floors: readonly Floor[] = [
  { folder: protocol, below: [], node: false },
  { folder: `${client}/http2`, below: [], node: true },
  { folder: `${client}/http`, below: [], node: false },
  { folder: `${client}/http/node`, below: [`${client}/http`], node: true },
  { folder: `${client}/transport`, below: [protocol, `${client}/http2`], node: true },
  {
    folder: `${client}/transport/gateway`,
    below: [protocol, `${client}/http`, `${client}/transport`],
    node: false,
  },
  { folder: `${client}/v3`, below: [protocol], node: false },
  { folder: `${client}/recipes`, below: [protocol, `${client}/v3`], node: false },
  { folder: `${client}/files`, below: [protocol, `${client}/v3`], node: true },
  {
    folder: `${client}/v2`,
    below: [
      protocol,
      `${client}/http`,
      `${client}/transport`,
      `${client}/transport/gateway`,
      `${client}/v3`,
    ],
    node: false,
  },
  {
    folder: `${client}/etcdjs`,
    below: [
      protocol,
      `${client}/http`,
      `${client}/transport`,
      `${client}/transport/gateway`,
      `${client}/v2`,
      `${client}/v3`,
    ],
    node: false,
  },
  {
    folder: client,
    below: [
      protocol,
      `${client}/etcdjs`,
      `${client}/files`,
      `${client}/http`,
      `${client}/http/node`,
      `${client}/transport`,
      `${client}/transport/gateway`,
      `${client}/v2`,
      `${client}/v3`,
      `${client}/recipes`,
    ],
    node: false,
  },
  { folder: `${server}/store`, below: [protocol], node: false },
  { folder: `${server}/v3`, below: [protocol, `${server}/store`], node: true },
  { folder: `${server}/http`, below: [], node: true },
  { folder: `${server}/v2/tree`, below: [], node: false },
  {
    folder: `${server}/v2`,
    below: [protocol, `${server}/store`, `${server}/http`, `${server}/v2/tree`],
    node: true,
  },
  {
    folder: `${server}/gateway`,
    below: [protocol, `${server}/http`, `${server}/v3`],
    node: true,
  },
  {
    folder: `${server}/listen`,
    below: [
      protocol,
      `${server}/store`,
      `${server}/http`,
      `${server}/v3`,
      `${server}/v2`,
      `${server}/gateway`,
    ],
    node: true,
  },
  {
    folder: server,
    below: [protocol, `${server}/store`, `${server}/v3`, `${server}/listen`],
    node: true,
  },
]
