// Authorities with a scheme, as etcd's Go client before 3.5 sends them.

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { encodeUtf8, KV, PutRequest } from '@etcdkit/protocol'
import { EtcdServer } from '@etcdkit/server'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { framed } from '../v3/raw-grpc.ts'

failOnLeaks()

const headers = 1
const reset = 3
const ping = 6
const goAway = 7

const opening = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  Buffer.from('000000040000000000', 'hex'),
])

function call(stream: number, authority: Buffer): Buffer {
  const block = Buffer.concat([
    Buffer.from([0x83, 0x86, 0x04]),
    text(KV.put.path, 0),
    Buffer.from([0x41]),
    authority,
    literal('content-type', 'application/grpc'),
    literal('te', 'trailers'),
  ])
  const message = framed(PutRequest.encode({ key: encodeUtf8('a') }))
  // With padding and a priority, as some clients have them.
  const padded = Buffer.concat([Buffer.from([3, 0, 0, 0, 0, 16]), block, Buffer.alloc(3)])
  return Buffer.concat([frame(headers, 0x2c, stream, padded), frame(0, 1, stream, message)])
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name, 0), text(value, 0)])
}

function text(value: string | Buffer, flag: number): Buffer {
  const bytes = Buffer.from(value)
  return Buffer.concat([Buffer.from([flag | bytes.length]), bytes])
}

/** RFC 7541, appendix B, as far as it is needed. */
const codes: Readonly<Record<string, string>> = {
  ...{ h: '100111', t: '01001', p: '101011', s: '01000', ':': '1011100', '/': '011000' },
  ...{ '.': '010111', 0: '00000', 1: '00001', 2: '00010', 3: '011001', 7: '011101', 9: '011111' },
}

function huffman(value: string): Buffer {
  const bits = [...value].map((character) => codes[character]).join('')
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1')
  return Buffer.from((whole.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}

/** The types of the frames that come until PING is answered and nothing is due any more, or the connection ends. */
async function framesUntilPing(endpoint: string, sent: Buffer, bytes: number): Promise<number[]> {
  const { hostname, port } = new URL(endpoint)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  for (let at = 0; at < sent.length; at += bytes) {
    socket.write(sent.subarray(at, at + bytes))
    await new Promise(setImmediate)
  }
  const types: number[] = []
  let received = Buffer.alloc(0)
  const done = (): boolean =>
    types.includes(reset) ||
    types.includes(goAway) ||
    (types.includes(ping) && types.filter((type) => type === headers).length === 4)
  for await (const chunk of socket) {
    received = Buffer.concat([received, chunk])
    while (received.length >= 9 && received.length >= 9 + received.readUIntBE(0, 3)) {
      types.push(received[3] ?? -1)
      received = received.subarray(9 + received.readUIntBE(0, 3))
    }
    if (done()) break
  }
  socket.destroy()
  return types
}

for (const scheme of ['http', 'https']) {
  const authority = `${scheme}://127.0.0.1:2379`
  for (const [form, value] of [
    ['plain', text(authority, 0)],
    ['Huffman', text(huffman(authority), 0x80)],
  ] as const) {
    for (const bytes of [1, 7, 10_000]) {
      test(`a call to ${authority} in ${form} code is answered, ${bytes} bytes at a time`, async () => {
        await using server = await EtcdServer.listen({ port: 0 })
        // Two: the second may refer to what the first has had indexed.
        const sent = Buffer.concat([
          opening,
          call(1, value),
          call(3, value),
          frame(ping, 0, 0, Buffer.alloc(8)),
        ])
        const types = await framesUntilPing(server.endpoint, sent, bytes)
        assert.equal(types.includes(reset), false)
        assert.equal(
          types.filter((type) => type === headers).length,
          4,
          'headers and trailers of two',
        )
        assert.equal(server.revision, 3)
      })
    }
  }
}

test('what only looks like an authority is left as it is', async () => {
  await using server = await EtcdServer.listen({ port: 0 })
  // A header whose name is no index, and a value beyond the frame's end.
  const odd = [literal('authority', 'http://a'), Buffer.from([0x41, 0x7f, 0xff, 0xff, 0x01])]
  const block = Buffer.concat([Buffer.from([0x83, 0x86]), ...odd])
  const sent = Buffer.concat([opening, frame(headers, 4, 1, block)])
  const types = await framesUntilPing(server.endpoint, sent, 10_000)
  assert.equal(types.at(-1), goAway)
})
