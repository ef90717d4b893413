// The proxy does what it is told to, and otherwise passes every byte on.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { it } from 'node:test'
import { failOnLeaks } from '../../support/leaks.ts'
import { FaultProxy } from './proxy.ts'

failOnLeaks()

interface World extends AsyncDisposable {
  readonly proxy: FaultProxy
  /** What the server has received, over all connections. */
  received(): Buffer
  /** Resolves when the server has received as many bytes. */
  untilReceived(bytes: number): Promise<void>
  /** Connections as the server sees them. */
  readonly peers: Socket[]
  open(): Promise<Socket>
}

/** A server behind a proxy: it answers every chunk with the same, unless it is told to be quiet. */
async function world({ echo = true } = {}): Promise<World> {
  const peers: Socket[] = []
  const chunks: Buffer[] = []
  let count = 0
  const server = createServer({ allowHalfOpen: true }, (peer) => {
    peers.push(peer)
    peer.on('error', () => {})
    peer.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      count += chunk.length
      server.emit('received')
      if (echo) peer.write(chunk)
    })
    peer.on('end', () => peer.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  const proxy = await FaultProxy.listen({ target: { host: '127.0.0.1', port: address.port } })
  const clients: Socket[] = []
  const received = (): Buffer => Buffer.concat(chunks)
  return {
    proxy,
    peers,
    received,
    async untilReceived(bytes) {
      while (count < bytes) await once(server, 'received')
    },
    async open() {
      const socket = connect(proxy.port, '127.0.0.1')
      socket.on('error', () => {})
      clients.push(socket)
      await once(socket, 'connect')
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of [...clients, ...peers]) socket.destroy()
      await proxy[Symbol.asyncDispose]()
      server.close()
      await once(server, 'close')
    },
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function read(socket: Socket, bytes: number): Promise<Buffer> {
  let data: Buffer = Buffer.alloc(0)
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    data = Buffer.concat([data, chunk as Buffer])
    if (data.length >= bytes) break
  }
  return data
}

/** What a socket still gives until it ends, and whether it ended with a reset. */
async function readToEnd(socket: Socket): Promise<{ data: Buffer; reset: boolean }> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of socket) chunks.push(chunk as Buffer)
    return { data: Buffer.concat(chunks), reset: false }
  } catch (error) {
    const reset = (error as NodeJS.ErrnoException).code === 'ECONNRESET'
    return { data: Buffer.concat(chunks), reset }
  }
}

it('FaultProxy passes megabytes both ways unchanged, and counts them', async () => {
  await using there = await world()
  const socket = await there.open()
  const sent = randomBytes(3_000_000)
  socket.write(sent)
  assert.ok((await read(socket, sent.length)).equals(sent))
  assert.ok(there.received().equals(sent))
  assert.deepEqual({ ...there.proxy.passed }, { up: sent.length, down: sent.length })
})

it('FaultProxy passes on the end of either side, and what comes after it the other way', async () => {
  await using there = await world()
  const socket = await there.open()
  socket.end('last words')
  assert.deepEqual(await readToEnd(socket), { data: Buffer.from('last words'), reset: false })
})

it('FaultProxy.cutAfter lets exactly so many bytes through, either way', async () => {
  for (const bytes of [0, 1, 9, 70_000]) {
    await using there = await world({ echo: false })
    const socket = await there.open()
    socket.write('x')
    await there.untilReceived(1)
    there.proxy.cutAfter({ direction: 'up', bytes, mode: 'end' })
    socket.write(randomBytes(200_000))
    const [peer] = there.peers
    assert.ok(peer)
    if (!peer.closed) await once(peer, 'close')
    assert.equal(there.received().length, 1 + bytes)
  }
  for (const bytes of [1, 9, 70_000]) {
    await using there = await world({ echo: false })
    const socket = await there.open()
    socket.write('x')
    await there.untilReceived(1)
    there.proxy.cutAfter({ direction: 'down', bytes, mode: 'end' })
    there.peers[0]?.write(randomBytes(200_000))
    assert.equal((await readToEnd(socket)).data.length, bytes)
  }
})

it('FaultProxy.cutAfter is for the next connection when that is asked for', async () => {
  await using there = await world()
  const first = await there.open()
  there.proxy.cutAfter({ direction: 'down', bytes: 2, mode: 'end', links: 'next' })
  const second = await there.open()
  second.write('abcdef')
  assert.equal((await readToEnd(second)).data.toString(), 'ab')
  first.write('abcdef')
  assert.equal((await read(first, 6)).toString(), 'abcdef')
})

it('FaultProxy.cut resets both sides', async () => {
  await using there = await world()
  const socket = await there.open()
  socket.write('a')
  await read(socket, 1)
  const [peer] = there.peers
  assert.ok(peer)
  const end = once(peer, 'error')
  there.proxy.cut()
  assert.equal((await readToEnd(socket)).reset, true)
  const [error] = await end
  assert.equal(error.code, 'ECONNRESET')
})

for (const politely of [false, true]) {
  const how = politely ? 'said goodbye to before' : 'not said goodbye to'
  it(`FaultProxy.cut breaks at once what is not read, ${how}`, () => cutUnread(politely))
}

async function cutUnread(politely: boolean): Promise<void> {
  await using there = await world({ echo: false })
  const socket = await there.open()
  socket.pause()
  socket.write('x')
  await there.untilReceived(1)
  const [peer] = there.peers
  assert.ok(peer)
  peer.write(Buffer.alloc(16 << 20))
  // The proxy holds what it could not hand on.
  let passed = -1
  while (passed !== there.proxy.passed.down || passed === 0) {
    passed = there.proxy.passed.down
    await tick()
    await tick()
  }
  if (politely) there.proxy.cut('end')
  there.proxy.cut('reset')
  while (there.proxy.connections > 0) await tick()
}

it('FaultProxy.stall holds one direction only, and lets go what waited, in order', async () => {
  await using there = await world()
  const socket = await there.open()
  {
    using _stall = there.proxy.stall('down')
    socket.write('one')
    await there.untilReceived(3)
    assert.equal(there.proxy.passed.down, 0)
    socket.write('two')
    await there.untilReceived(6)
    assert.equal(there.proxy.passed.down, 0)
  }
  assert.equal((await read(socket, 6)).toString(), 'onetwo')
})

it('FaultProxy.stall takes no more from a sender than the buffers between hold', async () => {
  await using there = await world({ echo: false })
  const socket = await there.open()
  socket.write('x')
  await there.untilReceived(1)
  {
    using _stall = there.proxy.stall('up')
    const megabyte = Buffer.alloc(1 << 20)
    for (let n = 0; n < 24; n++) socket.write(megabyte)
    // What the system takes of it is a few megabytes; the rest stays with the sender.
    while (socket.bytesWritten - socket.writableLength === 1) await tick()
    await tick()
    assert.ok(socket.writableLength > 4 << 20, `${socket.writableLength}`)
    assert.equal(there.proxy.passed.up, 1)
  }
  await there.untilReceived(1 + (24 << 20))
})

it('FaultProxy.dropAnswers has requests arrive and answers vanish, and resets who lost some', async () => {
  await using there = await world()
  const unlucky = await there.open()
  const quiet = await there.open()
  {
    using _drop = there.proxy.dropAnswers()
    unlucky.write('request')
    await there.untilReceived(7)
    unlucky.write('again')
    await there.untilReceived(12)
    while (there.proxy.swallowed < 12) await tick()
  }
  assert.deepEqual(await readToEnd(unlucky), { data: Buffer.alloc(0), reset: true })
  quiet.write('still here')
  assert.equal((await read(quiet, 10)).toString(), 'still here')
})

it('FaultProxy.refuse refuses new connections, keeps the old, and takes new ones again', async () => {
  await using there = await world()
  const socket = await there.open()
  {
    await using _outer = await there.proxy.refuse()
    {
      await using _inner = await there.proxy.refuse()
    }
    await assert.rejects(there.open(), { code: 'ECONNREFUSED' })
    socket.write('a')
    assert.equal((await read(socket, 1)).toString(), 'a')
  }
  const late = await there.open()
  late.write('b')
  assert.equal((await read(late, 1)).toString(), 'b')
})

it('FaultProxy.delay delays what passes meanwhile, and no longer', async () => {
  await using there = await world()
  const socket = await there.open()
  const started = performance.now()
  {
    using _delay = there.proxy.delay(50)
    socket.write('a')
    await read(socket, 1)
  }
  assert.ok(performance.now() - started >= 99)
  socket.write('b')
  assert.equal((await read(socket, 1)).toString(), 'b')
})

it('FaultProxy resets the client when the server is not there', async () => {
  const proxy = await FaultProxy.listen({ target: { host: '127.0.0.1', port: 1 } })
  await using _there = proxy
  const socket = connect(proxy.port, '127.0.0.1')
  const { data } = await readToEnd(socket)
  assert.equal(data.length, 0)
})
