// Against nghttp2, by way of node:http2: it decodes what we encode, and we decode what it encodes.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import {
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  sensitiveHeaders,
} from 'node:http2'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type HeaderList, HpackDecoder } from '../../../src/http2/hpack/decoder.ts'
import { encodeHeaders, type HeaderEntry } from '../../../src/http2/hpack/encoder.ts'
import { toPairs } from './bytes.ts'
import { frameFlag, frameType, RawClient } from './raw-client.ts'

const request: readonly HeaderEntry[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/etcdserverpb.KV/Put'],
  [':authority', '127.0.0.1'],
  ['te', 'trailers'],
]
const date = 'Mon, 21 Oct 2013 20:13:21 GMT'

interface TestServer extends AsyncDisposable {
  readonly server: Http2Server
  /** What came with each request. */
  readonly requests: IncomingHttpHeaders[]
}

/** A server that answers the requests in turn, with these headers and then these trailers. */
async function startServer(
  answers: readonly (readonly [headers: OutgoingHttpHeaders, trailers: OutgoingHttpHeaders])[],
): Promise<TestServer> {
  const server = createServer()
  const requests: IncomingHttpHeaders[] = []
  server.on('stream', (stream, headers) => {
    const [answer, trailers] = answers[requests.length] ?? [{}, {}]
    requests.push(headers)
    stream.on('wantTrailers', () => stream.sendTrailers(trailers))
    stream.on('error', () => {})
    stream.respond({ date, ...answer }, { waitForTrailers: true })
    stream.end()
  })
  // A connection cut by its client is no failure of the test.
  server.on('sessionError', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    server,
    requests,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

/** Reads until the stream has ended, decoding its header blocks. */
async function readAnswer(
  client: RawClient,
  decoder: HpackDecoder,
  onSettingsAck: () => void = () => {},
): Promise<HeaderList[]> {
  const lists: HeaderList[] = []
  for (;;) {
    const { type, flags, payload } = await client.read()
    if (type === frameType.settings && (flags & frameFlag.ack) !== 0) onSettingsAck()
    if (type === frameType.headers) {
      assert.ok((flags & frameFlag.endHeaders) !== 0)
      lists.push(decoder.decode(payload, 0, payload.length))
    }
    const ends = type === frameType.headers || type === frameType.data
    if (ends && (flags & frameFlag.endStream) !== 0) return lists
  }
}

/** The fields but `:status`; none if there was no block, as when there are no trailers. */
function fieldsOf(list: HeaderList | undefined): Record<string, string> {
  const pairs = list === undefined ? [] : toPairs(list)
  return Object.fromEntries(pairs.filter(([name]) => name !== ':status'))
}

const name = fc.constantFrom('server', 'etag', 'x-a', 'x-b', 'x-c', 'grpc-status-details-bin')
const value = fc.oneof(
  fc.constantFrom('', '0', 'application/grpc', 'something longer to be said again'),
  fc.string({ unit: 'grapheme-ascii', maxLength: 60 }).map((text) => text.trim()),
  fc
    .uint8Array({ maxLength: 20 })
    .map((octets) => Array.from(octets, (octet) => String.fromCharCode(octet | 0x80)).join('')),
)
const fields = fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true })
const answers = fc.array(fc.tuple(fields, fields), { minLength: 30, maxLength: 30 })

describe('HpackDecoder decodes what nghttp2 encodes', () => {
  for (const tableSize of [undefined, 0, 100, 4096, 65_536]) {
    it(`with SETTINGS_HEADER_TABLE_SIZE ${tableSize ?? 'unset'}, over many answers`, async () => {
      const [sent = []] = fc.sample(answers, { numRuns: 1, seed: 42 })
      await using fixture = await startServer(sent)
      await using client = await RawClient.connect(fixture.server)
      const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 16_384 })
      client.sendSettings(tableSize)
      for (const [i, [headers, trailers]] of sent.entries()) {
        client.sendRequest(1 + 2 * i, encodeHeaders(request))
        const lists = await readAnswer(client, decoder, () => {
          if (tableSize !== undefined) decoder.setMaxTableSize(tableSize)
        })
        assert.deepEqual(fieldsOf(lists[0]), { date, ...headers })
        assert.equal(lists[0]?.status, '200')
        assert.deepEqual(fieldsOf(lists[1]), trailers)
      }
    })
  }

  it('when the setting changes between answers', async () => {
    const sizes = [0, 4096, 64, 200, 0, 4096]
    const sent = sizes.map((size): [OutgoingHttpHeaders, OutgoingHttpHeaders] => [
      { 'x-size': `${size}`, 'x-kept': 'a value worth indexing' },
      { 'grpc-status': '0' },
    ])
    await using fixture = await startServer(sent)
    await using client = await RawClient.connect(fixture.server)
    const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 16_384 })
    for (const [i, size] of sizes.entries()) {
      client.sendSettings(size)
      client.sendRequest(1 + 2 * i, encodeHeaders(request))
      let acknowledged = false
      const lists = await readAnswer(client, decoder, () => {
        acknowledged = true
        decoder.setMaxTableSize(size)
      })
      assert.ok(acknowledged)
      assert.equal(lists[0]?.get('x-size'), `${size}`)
      assert.equal(lists[1]?.grpcStatus, '0')
    }
  })

  it('to the same list for the same answer once its table is gone', async () => {
    const same: [OutgoingHttpHeaders, OutgoingHttpHeaders] = [
      { 'content-type': 'application/grpc' },
      { 'grpc-status': '0', 'grpc-message': '' },
    ]
    await using fixture = await startServer([same, same, same])
    await using client = await RawClient.connect(fixture.server)
    const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 16_384 })
    client.sendSettings(0)
    const seen: HeaderList[][] = []
    for (const streamId of [1, 3, 5]) {
      client.sendRequest(streamId, encodeHeaders(request))
      seen.push(await readAnswer(client, decoder, () => decoder.setMaxTableSize(0)))
    }
    // The first answer begins with the size update.
    assert.equal(seen[2]?.[0], seen[1]?.[0])
    assert.equal(seen[2]?.[1], seen[1]?.[1])
    assert.equal(seen[2]?.[0]?.contentType, 'application/grpc')
  })
})

describe('nghttp2 decodes what encodeHeaders encodes', () => {
  it('fields of every kind, over one connection', async () => {
    const everyOctet = Array.from({ length: 224 }, (_, i) => String.fromCharCode(i + 32))
    const value = everyOctet.join('').trim().replace('\x7f', '')
    const metadata: readonly HeaderEntry[] = [
      ['content-type', 'application/grpc'],
      ['user-agent', 'etcdkit/0.1.0'],
      ['token', 'simple.token.1'],
      ['authorization', 'Bearer secret'],
      ['x-secret', 'kept', true],
      ['x-every', value],
      ['x-empty', ''],
      ['x-long', 'long '.repeat(1000).trim()],
    ]
    await using fixture = await startServer([])
    await using client = await RawClient.connect(fixture.server)
    const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 16_384 })
    client.sendSettings()
    const block = encodeHeaders([...request, ...metadata])
    for (const streamId of [1, 3, 5]) {
      client.sendRequest(streamId, block)
      await readAnswer(client, decoder)
    }
    assert.equal(fixture.requests.length, 3)
    for (const received of fixture.requests) {
      // Node's types do not know that headers have this symbol.
      const sensitive: unknown = Reflect.get(received, sensitiveHeaders)
      assert.deepEqual(sensitive, ['token', 'authorization', 'x-secret'])
      const expected = [...request, ...metadata].map(([name, value]) => [name, value])
      assert.deepEqual(Object.entries(received), expected)
    }
  })

  it('a table size update to 0 at the beginning', async () => {
    await using fixture = await startServer([])
    await using client = await RawClient.connect(fixture.server)
    const decoder = new HpackDecoder({ maxTableSize: 4096, maxListSize: 16_384 })
    client.sendSettings()
    client.sendRequest(1, encodeHeaders(request, { clearTable: true }))
    const [headers] = await readAnswer(client, decoder)
    assert.equal(headers?.status, '200')
  })
})
