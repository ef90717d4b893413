// The nodes of bbolt's trees: leaves with entries, and branches above them. Source: go.etcd.io/bbolt, `node.go`.

/** A key and what stands under it. */
export interface Entry {
  readonly key: Uint8Array
  readonly value: Uint8Array
  /** Whether the value is the header of a bucket. */
  readonly isBucket?: boolean
}

/** A node in its place. */
export interface Node {
  readonly firstKey: Uint8Array
  readonly page: number
}

/** A node without a place yet. */
export interface NodeDraft {
  readonly firstKey: Uint8Array
  readonly flags: number
  readonly count: number
  readonly body: Uint8Array
}

const branchFlag = 0x01
const leafFlag = 0x02
const bucketFlag = 0x01
/** What an entry takes beside its key and value, in leaves and in branches. */
const elementBytes = 16
/** How full a node becomes: a page less its header. */
const roomBytes = 4096 - 16
const noKey = new Uint8Array(0)

/** What one entry adds to a node: an element of fixed size, and the bytes it points to. */
interface Piece {
  readonly key: Uint8Array
  readonly data: readonly Uint8Array[]
  /** Writes the element, `offset` bytes before its data. */
  readonly write: (element: Buffer, offset: number) => void
}

/** Leaves for entries in order; an empty one for none. */
export function writeLeaves(entries: readonly Entry[]): NodeDraft[] {
  return writeAll(leafFlag, entries.map(leafPiece))
}

/** Branches over nodes in order. */
export function writeBranches(nodes: readonly Node[]): NodeDraft[] {
  return writeAll(branchFlag, nodes.map(branchPiece))
}

function leafPiece({ key, value, isBucket = false }: Entry): Piece {
  return {
    key,
    data: [key, value],
    write(element, offset) {
      element.writeUInt32LE(isBucket ? bucketFlag : 0, 0)
      element.writeUInt32LE(offset, 4)
      element.writeUInt32LE(key.length, 8)
      element.writeUInt32LE(value.length, 12)
    },
  }
}

function branchPiece({ firstKey, page }: Node): Piece {
  return {
    key: firstKey,
    data: [firstKey],
    write(element, offset) {
      element.writeUInt32LE(offset, 0)
      element.writeUInt32LE(firstKey.length, 4)
      element.writeBigUInt64LE(BigInt(page), 8)
    },
  }
}

function writeAll(flags: number, pieces: readonly Piece[]): NodeDraft[] {
  const groups = groupBySize(pieces)
  return (groups.length === 0 ? [[]] : groups).map((group) => ({
    firstKey: group[0]?.key ?? noKey,
    flags,
    count: group.length,
    body: writeBody(group),
  }))
}

/** As many to a node as go into a page; one that is larger has pages of its own, after at least one more: branches need two. */
function groupBySize(pieces: readonly Piece[]): Piece[][] {
  const groups: Piece[][] = []
  let bytes = 0
  for (const piece of pieces) {
    const size = sizeOf(piece)
    const last = groups[groups.length - 1]
    if (last === undefined || (bytes + size > roomBytes && last.length >= 2)) {
      groups.push([piece])
      bytes = size
    } else {
      last.push(piece)
      bytes += size
    }
  }
  return groups
}

function sizeOf({ data }: Piece): number {
  return data.reduce((sum, bytes) => sum + bytes.length, elementBytes)
}

/** All elements, and then all they point to. */
function writeBody(pieces: readonly Piece[]): Uint8Array {
  const body = Buffer.alloc(pieces.reduce((sum, piece) => sum + sizeOf(piece), 0))
  let at = pieces.length * elementBytes
  pieces.forEach((piece, index) => {
    const start = index * elementBytes
    piece.write(body.subarray(start, start + elementBytes), at - start)
    for (const bytes of piece.data) {
      body.set(bytes, at)
      at += bytes.length
    }
  })
  return body
}
