// Our engine and `node:http2`: bodies of every size both ways, small windows, limits, and every way a server leaves.

import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { constants, type ServerHttp2Stream } from 'node:http2'
import { describe, it } from 'node:test'
import { GrpcTransport } from '../../packages/client/src/transport/grpc/grpc-transport.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { EchoServer, type EchoServerOptions, echo, echoStream, echoUnary } from './echo.ts'

interface World extends AsyncDisposable {
  readonly server: EchoServer
  readonly transport: GrpcTransport
}

async function open(options: EchoServerOptions = {}): Promise<World> {
  const server = await EchoServer.listen(options)
  const transport = new GrpcTransport({ endpoints: server.endpoint })
  return {
    server,
    transport,
    async [Symbol.asyncDispose]() {
      await transport.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function assertEchoes(transport: GrpcTransport, bytes: Uint8Array): Promise<void> {
  const answer = await transport.unary(echoUnary, { bytes })
  assert.equal(answer.bytes.length, bytes.length)
  assert.equal(digest(answer.bytes), digest(bytes))
}

/** Calls that wait for the server, which tells when it has one. */
class Held {
  readonly streams: ServerHttp2Stream[] = []
  #wake: () => void = () => {}

  readonly answer = (stream: ServerHttp2Stream): void => {
    this.streams.push(stream)
    this.#wake()
  }

  async until(count: number): Promise<void> {
    while (this.streams.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

describe('a node:http2 server', () => {
  failOnLeaks()

  it('echoes bodies of every size', async () => {
    await using world = await open()
    for (const size of [0, 1, 16_379, 16_380, 65_535, 65_536, 1_000_000, 20_000_000]) {
      await assertEchoes(world.transport, randomBytes(size))
    }
    assert.equal(world.server.connections, 1)
  })

  it('echoes large bodies of many calls at once', async () => {
    await using world = await open()
    await Promise.all(
      Array.from({ length: 50 }, () => assertEchoes(world.transport, randomBytes(300_000))),
    )
    assert.equal(world.server.connections, 1)
  })

  it('echoes through windows and frames of the smallest sizes', async () => {
    await using world = await open({ settings: { initialWindowSize: 100, maxFrameSize: 16_384 } })
    await Promise.all(
      [10, 99, 100, 101, 20_000].map((size) => assertEchoes(world.transport, randomBytes(size))),
    )
  })

  it('echoes in frames of a mebibyte to a server that takes them', async () => {
    await using world = await open({
      settings: { initialWindowSize: 8_000_000, maxFrameSize: 1_048_576 },
    })
    await assertEchoes(world.transport, randomBytes(6_000_000))
  })

  it('takes a changed window in the middle of a body', async () => {
    await using world = await open({ settings: { initialWindowSize: 1000 } })
    const pending = assertEchoes(world.transport, randomBytes(200_000))
    const [session] = (await once(world.server.server, 'session')) as [
      import('node:http2').ServerHttp2Session,
    ]
    for (const initialWindowSize of [50, 100_000, 0, 70_000]) {
      await new Promise<void>((resolve) => session.settings({ initialWindowSize }, () => resolve()))
    }
    await pending
  })

  it('with room for two calls on a connection answers 300, on eight at most', async () => {
    let most = 0
    const now = new Map<unknown, number>()
    await using world = await open({
      settings: { maxConcurrentStreams: 2 },
      answer: (stream) => {
        const { session } = stream
        const add = (change: number): void => {
          now.set(session, (now.get(session) ?? 0) + change)
          most = Math.max(most, now.get(session) ?? 0)
        }
        add(1)
        stream.once('close', () => add(-1))
        echo(stream)
      },
    })
    await Promise.all(
      Array.from({ length: 300 }, () => assertEchoes(world.transport, randomBytes(100))),
    )
    assert(world.server.connections <= 8, `${world.server.connections} connections`)
    assert(most <= 2, `${most} at once`)
  })

  it('gives its trailers to a call: an error with a message in UTF-8', async () => {
    await using world = await open({
      answer: (stream) => {
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc' },
          { waitForTrailers: true },
        )
        stream.once('wantTrailers', () =>
          stream.sendTrailers({ 'grpc-status': '9', 'grpc-message': 'nicht m%C3%B6glich' }),
        )
        stream.end()
      },
    })
    const call = world.transport.unary(echoUnary, { bytes: new Uint8Array(0) })
    await assert.rejects(call, { code: 'failed-precondition', message: 'nicht möglich' })
  })

  it('with many and large headers is understood', async () => {
    await using world = await open({
      answer: (stream) => {
        const more = Object.fromEntries(
          Array.from({ length: 40 }, (_, index) => [`x-${index}`, 'v'.repeat(900)]),
        )
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', ...more },
          { waitForTrailers: true },
        )
        stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', ...more }))
        stream.end(Buffer.alloc(5))
      },
    })
    for (let count = 0; count < 3; count++) {
      assert.equal((await world.transport.unary(echoUnary, {})).bytes.length, 0)
    }
  })

  it('echoes a stream, message by message', async () => {
    await using world = await open()
    const stream = world.transport.stream(echoStream)
    const sizes = [0, 1, 70_000, 5, 1_000_000]
    for (const size of sizes) stream.send({ bytes: new Uint8Array(size) })
    stream.end()
    const received: number[] = []
    for await (const { bytes } of stream) received.push(bytes.length)
    assert.deepEqual(received, sizes)
  })

  it('that speaks only HTTP/1.1 is told from one that does not answer', async () => {
    const { createServer } = await import('node:http')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const transport = new GrpcTransport({ endpoints: `127.0.0.1:${address.port}` })
    await assert.rejects(transport.unary(echoUnary, {}, { timeoutMs: 2000 }), {
      code: 'http2-failed',
      message: /does not speak HTTP\/2/,
    })
    await transport.close()
    server.close()
    await once(server, 'close')
  })
})

describe('a node:http2 server that leaves', () => {
  failOnLeaks()

  it('by GOAWAY lets the calls it has taken finish, and gets the next on a new connection', async () => {
    const held = new Held()
    await using world = await open({ answer: held.answer })
    const old = [1, 2].map((size) => assertEchoes(world.transport, new Uint8Array(size)))
    await held.until(2)
    for (const session of world.server.sessions) session.goaway(constants.NGHTTP2_NO_ERROR)
    // Answered only when our side has drained: the next call comes on another connection.
    const fresh = assertEchoes(world.transport, new Uint8Array(3))
    while (world.server.connections < 2) {
      await once(world.server.server, 'session')
    }
    await held.until(3)
    for (const stream of held.streams) echo(stream)
    await Promise.all([...old, fresh])
  })

  it('by GOAWAY with a last id gets the calls above it again', async () => {
    const held = new Held()
    await using world = await open({ answer: held.answer })
    const calls = [1, 2, 3].map((size) => assertEchoes(world.transport, new Uint8Array(size)))
    await held.until(3)
    const [session] = world.server.sessions
    session?.goaway(constants.NGHTTP2_NO_ERROR, 1)
    await held.until(5)
    for (const stream of held.streams) if (!stream.destroyed) echo(stream)
    await Promise.all(calls)
    assert.equal(world.server.connections, 2)
  })

  it('by close finishes what it has', async () => {
    const held = new Held()
    await using world = await open({ answer: held.answer })
    const call = assertEchoes(world.transport, new Uint8Array(10))
    await held.until(1)
    world.server.server.close()
    for (const session of world.server.sessions) session.close()
    for (const stream of held.streams) echo(stream)
    await call
  })

  it('by destroying its session fails the calls it has, which may have been processed', async () => {
    const held = new Held()
    await using world = await open({ answer: held.answer })
    const stream = world.transport.stream(echoStream)
    await held.until(1)
    for (const session of world.server.sessions) session.destroy()
    await assert.rejects(stream[Symbol.asyncIterator]().next(), { code: 'connection-lost' })
  })

  for (const [name, code, expected] of [
    ['CANCEL', constants.NGHTTP2_CANCEL, 'canceled'],
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR, 'internal'],
    ['ENHANCE_YOUR_CALM', constants.NGHTTP2_ENHANCE_YOUR_CALM, 'resource-exhausted'],
    ['REFUSED_STREAM', constants.NGHTTP2_REFUSED_STREAM, 'unavailable'],
  ] as const) {
    it(`a stream by ${name} fails it as ${expected}, and no other`, async () => {
      const held = new Held()
      await using world = await open({ answer: held.answer })
      const [first, second] = [
        world.transport.stream(echoStream),
        world.transport.stream(echoStream),
      ]
      await held.until(2)
      held.streams[0]?.close(code)
      await assert.rejects(first[Symbol.asyncIterator]().next(), { code: expected })
      echo(held.streams[1] ?? assert.fail())
      second.end()
      assert.equal((await second[Symbol.asyncIterator]().next()).done, true)
    })
  }
})
