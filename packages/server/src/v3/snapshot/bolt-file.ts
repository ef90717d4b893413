// A database file of bbolt, which is etcd's: written once and whole, never changed. Source: go.etcd.io/bbolt, `page.go`,
// `bucket.go`, `db.go`.

import { type Entry, type Node, type NodeDraft, writeBranches, writeLeaves } from './bolt-node.ts'

/** A bucket's name, and its entries in the order of their keys. */
export interface Bucket {
  readonly name: string
  readonly entries: readonly Entry[]
}

/** The size of a page, in bytes. */
export const pageBytes = 4096

const headerBytes = 16
const metaFlag = 0x04
const freelistFlag = 0x10
const magic = 0xed0cdaed
const version = 2
const checkedBytes = 56
const freelistPage = 2
/** After two metas and the list of free pages. */
const firstPage = 3

/** The file, buckets in any order. */
export function writeBoltFile(buckets: readonly Bucket[]): Uint8Array {
  const file = new BoltFile()
  const roots = [...buckets]
    .sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
    .map(({ name, entries }) => ({
      key: Buffer.from(name),
      value: bucketHeader(file.addTree(entries)),
      isBucket: true,
    }))
  return file.finish(file.addTree(roots))
}

class BoltFile {
  readonly #pages: Buffer[] = []
  #nextPage = firstPage

  /** Adds a tree of entries; returns the page of its root. */
  addTree(entries: readonly Entry[]): number {
    let nodes = this.#place(writeLeaves(entries))
    while (nodes.length > 1) nodes = this.#place(writeBranches(nodes))
    // There is a leaf even for no entries.
    return (nodes[0] as Node).page
  }

  /** The whole file, given the page of the root bucket. */
  finish(root: number): Buffer {
    const metas = [0, 1].map((page) => metaPage(page, root, this.#nextPage))
    return Buffer.concat([...metas, freelist(), ...this.#pages])
  }

  #place(drafts: readonly NodeDraft[]): Node[] {
    return drafts.map(({ firstKey, flags, count, body }) => {
      const page = this.#nextPage
      const pages = Math.ceil((headerBytes + body.length) / pageBytes)
      const bytes = Buffer.alloc(pages * pageBytes)
      writeHeader(bytes, { page, flags, count, overflow: pages - 1 })
      bytes.set(body, headerBytes)
      this.#pages.push(bytes)
      this.#nextPage += pages
      return { firstKey, page }
    })
  }
}

interface PageHeader {
  readonly page: number
  readonly flags: number
  readonly count: number
  /** Pages after the first that belong to it. */
  readonly overflow: number
}

function writeHeader(bytes: Buffer, { page, flags, count, overflow }: PageHeader): void {
  bytes.writeBigUInt64LE(BigInt(page), 0)
  bytes.writeUInt16LE(flags, 8)
  bytes.writeUInt16LE(count, 10)
  bytes.writeUInt32LE(overflow, 12)
}

/** One of the two pages that say where the rest is; of two that are whole, the later transaction's counts. */
function metaPage(page: number, root: number, pages: number): Buffer {
  const bytes = Buffer.alloc(pageBytes)
  writeHeader(bytes, { page, flags: metaFlag, count: 0, overflow: 0 })
  const meta = bytes.subarray(headerBytes)
  meta.writeUInt32LE(magic, 0)
  meta.writeUInt32LE(version, 4)
  meta.writeUInt32LE(pageBytes, 8)
  meta.set(bucketHeader(root), 16)
  meta.writeBigUInt64LE(BigInt(freelistPage), 32)
  meta.writeBigUInt64LE(BigInt(pages), 40)
  meta.writeBigUInt64LE(BigInt(page), 48)
  meta.writeBigUInt64LE(fnv64(meta.subarray(0, checkedBytes)), checkedBytes)
  return bytes
}

/** No page is free. */
function freelist(): Buffer {
  const bytes = Buffer.alloc(pageBytes)
  writeHeader(bytes, { page: freelistPage, flags: freelistFlag, count: 0, overflow: 0 })
  return bytes
}

/** The page of a bucket's root, and a sequence that etcd does not use. */
function bucketHeader(root: number): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeBigUInt64LE(BigInt(root), 0)
  return bytes
}

/** FNV-1a of 64 bits. */
function fnv64(bytes: Uint8Array): bigint {
  let hash = 0xcbf29ce484222325n
  for (const byte of bytes) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  }
  return hash
}
