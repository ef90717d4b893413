// Opening a connection: what each failed step says of itself, and that nothing is left behind.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { failOnLeaks } from '../../../../tests/support/leaks.ts'
import { createTempFolder } from '../../../../tests/support/temp-folder.ts'
import { ConnectError, type ConnectOptions, connect } from '../../src/http2/connect.ts'
import { goawayFrame, settingsFrame } from './frames.ts'
import { ScriptedPeer } from './scripted-peer.ts'
import { within } from './within.ts'

/** Resolves with the error of an attempt that must fail, once its socket is gone. */
async function failure(
  options: Partial<ConnectOptions> & Pick<ConnectOptions, 'target'>,
): Promise<ConnectError> {
  const unexpected = () => assert.fail('a connection that was never established has no end')
  const attempt = connect({
    timeoutMs: 2000,
    onDraining: unexpected,
    onClose: unexpected,
    ...options,
  })
  const error = await within(attempt.session, 'the end of the attempt').then(
    () => assert.fail('the attempt succeeded'),
    (reason: unknown) => reason,
  )
  await within(attempt.destroy(), 'the end of the socket')
  assert(error instanceof ConnectError, String(error))
  return error
}

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  await using peer = await ScriptedPeer.listen()
  return peer.port
}

describe('connect', () => {
  failOnLeaks()

  it('fails in the dns phase when the name is not known', async () => {
    const error = await failure({ target: { host: 'does-not-exist.invalid', port: 1 } })
    assert.equal(error.phase, 'dns')
    assert.match(error.message, /does-not-exist\.invalid/)
  })

  it('fails in the tcp phase when nothing listens', async () => {
    const error = await failure({ target: { host: '127.0.0.1', port: await closedPort() } })
    assert.equal(error.phase, 'tcp')
    assert.match(error.message, /ECONNREFUSED/)
    assert(error.cause instanceof Error)
  })

  it('fails in the tcp phase with a message of its own when no address of a name answers', async () => {
    const error = await failure({ target: { host: 'localhost', port: await closedPort() } })
    assert.equal(error.phase, 'tcp')
    assert.match(error.message, /ECONNREFUSED/)
  })

  it('fails in the tcp phase when the address does not answer in time', async () => {
    // TEST-NET-1: nothing is there, and most networks say nothing about it.
    const error = await failure({ target: { host: '192.0.2.1', port: 1 }, timeoutMs: 50 })
    assert.equal(error.phase, 'tcp')
  })

  it('fails in the tcp phase when there is no such unix socket', async () => {
    const error = await failure({ target: { path: '/nowhere/etcd.sock' } })
    assert.equal(error.phase, 'tcp')
    assert.match(error.message, /ENOENT/)
  })

  it('fails in the http2 phase when the server says nothing in time', async () => {
    await using peer = await ScriptedPeer.listen()
    const error = await failure({ target: peer.target, timeoutMs: 50 })
    assert.deepEqual([error.phase, error.message], ['http2', 'no answer within 50 ms'])
  })

  it('fails in the http2 phase when the server hangs up, politely or not', async () => {
    for (const end of ['halfClose', 'destroy', 'resetConnection'] as const) {
      await using peer = await ScriptedPeer.listen()
      const failed = failure({ target: peer.target })
      const connection = await peer.acceptRaw()
      await connection.expect('SETTINGS')
      connection[end]()
      const error = await failed
      assert.equal(error.phase, 'http2')
      assert.match(error.message, /closed the connection|ECONNRESET/)
    }
  })

  it('fails in the http2 phase when the server speaks something else, and says so', async () => {
    await using peer = await ScriptedPeer.listen()
    for (const answer of [
      'HTTP/1.1 400 Bad Request\r\n\r\n',
      '\x15\x03\x01\x00\x02\x02\x46',
      'SSH-2.0-OpenSSH_9.2',
    ]) {
      const failed = failure({ target: peer.target, timeoutMs: 500 })
      const connection = await peer.acceptRaw()
      connection.send(Buffer.from(answer, 'latin1'))
      connection.halfClose()
      const error = await failed
      assert.equal(error.phase, 'http2')
      assert.match(error.message, /does not speak HTTP\/2|closed the connection/)
    }
  })

  it('fails in the http2 phase when the server begins with GOAWAY', async () => {
    await using peer = await ScriptedPeer.listen()
    const failed = failure({ target: peer.target })
    const connection = await peer.acceptRaw()
    connection.send(goawayFrame(0))
    assert.equal((await failed).phase, 'http2')
  })

  it('takes a server that says SETTINGS and GOAWAY for one that is drained', async () => {
    await using peer = await ScriptedPeer.listen()
    const events: string[] = []
    const attempt = connect({
      target: peer.target,
      timeoutMs: 2000,
      onDraining: () => events.push('draining'),
      onClose: () => events.push('close'),
    })
    const connection = await peer.acceptRaw()
    connection.send(settingsFrame(), goawayFrame(0))
    const session = await attempt.session
    assert.equal(session.isOpen, false)
    assert.deepEqual(events, ['draining', 'close'])
    await attempt.destroy()
  })

  it('speaks over a unix socket', async () => {
    await using folder = await createTempFolder('connect')
    const path = join(folder.path, 'peer.sock')
    await using peer = await ScriptedPeer.listen({ path })
    const attempt = connect({ target: { path }, timeoutMs: 2000 })
    const [session] = await Promise.all([attempt.session, peer.accept()])
    assert.equal(session.isOpen, true)
    await attempt.destroy()
  })

  it('takes a timeout beyond what timers can for a long one', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, timeoutMs: 2 ** 40 })
    const connection = await peer.acceptRaw()
    await connection.expect('SETTINGS')
    await connection.expect('WINDOW_UPDATE')
    connection.send(settingsFrame())
    await attempt.session
    await attempt.destroy()
  })
})

describe('destroy', () => {
  failOnLeaks()

  const targets: readonly (readonly [string, ConnectOptions['target']])[] = [
    ['dns', { host: 'localhost', port: 1 }],
    ['tcp', { host: '127.0.0.1', port: 1 }],
  ]
  for (const [phase, target] of targets) {
    it(`in the ${phase} phase rejects the session and resolves`, async () => {
      const attempt = connect({ target, timeoutMs: 2000 })
      const failed = assert.rejects(attempt.session, { name: 'ConnectError', phase })
      await within(attempt.destroy(), 'destroy')
      await failed
    })
  }

  it('in the tls phase rejects the session and resolves', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, tls: {}, timeoutMs: 2000 })
    const failed = assert.rejects(attempt.session, { name: 'ConnectError', phase: 'tls' })
    const connection = await peer.acceptRaw()
    // The ClientHello.
    await assert.rejects(connection.next(), /preface/)
    await within(attempt.destroy(), 'destroy')
    await failed
  })

  it('in the http2 phase rejects the session and resolves', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, timeoutMs: 2000 })
    const failed = assert.rejects(attempt.session, { name: 'ConnectError', phase: 'http2' })
    const connection = await peer.acceptRaw()
    await connection.expect('SETTINGS')
    await within(attempt.destroy(), 'destroy')
    await failed
  })

  it('is fine any number of times, before and after the end', async () => {
    await using peer = await ScriptedPeer.listen()
    const attempt = connect({ target: peer.target, timeoutMs: 2000 })
    await Promise.all([attempt.session, peer.accept()])
    await within(Promise.all([attempt.destroy(), attempt.destroy()]), 'destroy')
    await within(attempt.destroy(), 'destroy')
  })

  it('resolves when the server has closed before', async () => {
    await using peer = await ScriptedPeer.listen()
    const { promise: closed, resolve: onClose } = withResolvers()
    const attempt = connect({ target: peer.target, timeoutMs: 2000, onClose })
    const [, connection] = await Promise.all([attempt.session, peer.accept()])
    connection.halfClose()
    await within(closed, 'the end of the session')
    await within(attempt.destroy(), 'destroy')
  })

  it('resolves when the server neither reads nor closes', async () => {
    // A server that leaves its half open, and never reads.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(
      0,
      '127.0.0.1',
    )
    await once(server, 'listening')
    const address = server.address()
    assert(address !== null && typeof address === 'object')
    const attempt = connect({ target: { host: '127.0.0.1', port: address.port }, timeoutMs: 2000 })
    const [socket] = await once(server, 'connection')
    socket.on('error', () => {})
    socket.write(settingsFrame())
    await attempt.session
    await within(attempt.destroy(), 'destroy')
    socket.destroy()
    server.close()
    await once(server, 'close')
  })
})

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
