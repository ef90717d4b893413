// How long encoding and decoding take, beside protobufjs and, for scale, a plain loop over the same bytes.
// Run: node --import tsx --conditions=etcdkit-source bench/codec.ts

import { fileURLToPath } from 'node:url'
import {
  DeleteRangeRequest,
  PutRequest,
  PutResponse,
  RangeResponse,
  Writer,
} from '@etcdkit/protocol'
import protobufjs from 'protobufjs'

const protoFolder = fileURLToPath(new URL('../packages/protocol/proto', import.meta.url))

/** The message types as protobufjs makes them from our .proto files. */
function loadPeer(): protobufjs.Root {
  const root = new protobufjs.Root()
  root.resolvePath = (_origin, target) =>
    target.startsWith('google/')
      ? fileURLToPath(import.meta.resolve(`protobufjs/${target}`))
      : `${protoFolder}/${target}`
  root.loadSync('etcdserverpb/kv.proto')
  return root
}

/** Best of five rounds, each of about a tenth of a second: microseconds for one call. */
function measure(run: () => unknown): number {
  let best = Number.POSITIVE_INFINITY
  let calls = 1
  for (let round = 0; round < 8; round++) {
    const start = performance.now()
    for (let call = 0; call < calls; call++) run()
    const elapsed = performance.now() - start
    // The first rounds find out how many calls a tenth of a second takes, and warm up.
    if (round >= 3) best = Math.min(best, (elapsed * 1000) / calls)
    calls = Math.max(1, Math.round((calls * 100) / Math.max(elapsed, 0.001)))
  }
  return best
}

/** An answer with `count` keys of 20 bytes and values of 80: at 10,000 about 1.3 MB. */
function rangeResponse(count: number): Uint8Array {
  const text = new TextEncoder()
  return RangeResponse.encode({
    header,
    kvs: Array.from({ length: count }, (_, index) => ({
      key: text.encode(`services/api/${String(index).padStart(7, '0')}`),
      createRevision: 1_000_000 + index,
      modRevision: 2_000_000 + index,
      version: (index % 50) + 1,
      value: new Uint8Array(80).fill(index),
      lease: index % 4 === 0 ? '7587890153469837313' : '0',
    })),
    count,
  })
}

const header = {
  clusterId: '14841639068965178418',
  memberId: '10276657743932975437',
  revision: 2_000_123,
  raftTerm: 7,
}
const large = rangeResponse(10_000)
const largeMessage = RangeResponse.decode(large)
const put = {
  key: new TextEncoder().encode('services/api/0000042'),
  value: new Uint8Array(100).fill(120),
  lease: '7587890153469837313',
}
const smallPut = { key: put.key, value: new Uint8Array(10) }
const answer = PutResponse.encode({ header })
const json = RangeResponse.toJson(largeMessage)
const jsonText = JSON.stringify(json)
const writer = new Writer()

const peer = loadPeer()
const PeerRange = peer.lookupType('etcdserverpb.RangeResponse')
const PeerPut = peer.lookupType('etcdserverpb.PutRequest')
const PeerAnswer = peer.lookupType('etcdserverpb.PutResponse')
const largeBuffer = Buffer.from(large)
const answerBuffer = Buffer.from(answer)

/** For scale: every byte looked at once. Decoding does not look at values. */
function sum(bytes: Uint8Array): number {
  let total = 0
  for (let index = 0; index < bytes.length; index++) total += bytes[index] as number
  return total
}

/** The floor: nothing but the views that the keys and values become. */
function views(bytes: Uint8Array, count: number): Uint8Array[] {
  const made: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    made.push(new Uint8Array(bytes.buffer, bytes.byteOffset + index * 50, 50))
  }
  return made
}

const rows: readonly (readonly [string, () => unknown])[] = [
  [`decode RangeResponse, 10,000 keys, ${large.length} bytes`, () => RangeResponse.decode(large)],
  ['  protobufjs', () => PeerRange.decode(largeBuffer)],
  ['  plain loop over the bytes', () => sum(large)],
  ['  20,000 views alone', () => views(large, 20_000)],
  ['encode the same', () => RangeResponse.encode(largeMessage)],
  ['decode PutResponse', () => PutResponse.decode(answer)],
  ['  protobufjs', () => PeerAnswer.decode(answerBuffer)],
  ['encode PutRequest, value of 100 bytes, lease', () => PutRequest.encode(put)],
  ['  protobufjs', () => PeerPut.encode(put).finish()],
  [
    '  into a writer that is used again',
    () => {
      writer.reset()
      PutRequest.write(writer, put)
    },
  ],
  [
    '  value of 10 bytes, no lease',
    () => {
      writer.reset()
      PutRequest.write(writer, smallPut)
    },
  ],
  ['encode DeleteRangeRequest', () => DeleteRangeRequest.encode({ key: put.key })],
  ['RangeResponse to JSON, 10,000 keys', () => RangeResponse.toJson(largeMessage)],
  ['  JSON.stringify', () => JSON.stringify(json)],
  ['RangeResponse from JSON, 10,000 keys', () => RangeResponse.fromJson(json)],
  ['  JSON.parse', () => JSON.parse(jsonText)],
]

for (const [name, run] of rows) {
  process.stdout.write(`${measure(run).toFixed(3).padStart(12)} µs  ${name}\n`)
}
