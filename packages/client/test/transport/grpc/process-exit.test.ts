// What keeps a process alive: calls do, idle connections do not.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { failOnLeaks } from '../../../../../tests/support/leaks.ts'
import { createTempFolder } from '../../../../../tests/support/temp-folder.ts'
import { ScriptedPeer } from '../../http2/scripted-peer.ts'
import { within } from '../../http2/within.ts'
import { answer, countBody } from './grpc-peer.ts'

// TypeScript, as it is.
const fromSource = ['--import', 'tsx', '--conditions=etcdkit-source']

const program = fileURLToPath(new URL('exit-program.ts', import.meta.url))

/** Runs the program with these words; resolves with its output and exit code. */
class Program implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<unknown[]>
  #output = ''
  #wake: () => void = () => {}

  constructor(...words: readonly string[]) {
    this.#child = spawn(process.execPath, [...fromSource, program, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#exit = once(this.#child, 'exit')
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#wake()
    })
  }

  /** Resolves when the program has printed this. */
  async until(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  get running(): boolean {
    return this.#child.exitCode === null
  }

  async end(): Promise<{ readonly code: unknown; readonly output: string }> {
    const [code] = await within(this.#exit, 'the end of the program')
    return { code, output: this.#output }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
}

describe('a process', () => {
  failOnLeaks()

  it('ends by itself with an idle connection that was not closed', async () => {
    await using peer = await ScriptedPeer.listen()
    await using running = new Program('idle', peer.endpoint)
    const server = await peer.accept()
    answer(server, (await server.until('HEADERS')).streamId, countBody(4))
    assert.deepEqual(await running.end(), { code: 0, output: 'count 4\n' })
    await server.ended()
  })

  for (const kind of ['unary', 'stream'] as const) {
    it(`is kept alive by a ${kind} call without a deadline`, async () => {
      await using peer = await ScriptedPeer.listen()
      await using running = new Program(kind, peer.endpoint)
      const server = await peer.accept()
      const { streamId } = await server.until('HEADERS')
      // Several turns of the child's event loop, which a process without work would not take.
      for (let count = 0; count < 20; count++) await server.pending()
      assert.equal(running.running, true)
      answer(server, streamId, countBody(4))
      assert.equal((await running.end()).code, 0)
      await server.ended()
    })
  }

  it('is kept alive by a call without a deadline that waits for a server to come', async () => {
    await using folder = await createTempFolder('process-exit')
    const path = join(folder.path, 'late.sock')
    await using running = new Program('waiting', `unix:${path}`)
    await within(running.until('waiting'), 'the program to wait')
    await using peer = await ScriptedPeer.listen({ path })
    const server = await peer.accept()
    answer(server, (await server.until('HEADERS')).streamId, countBody(5))
    assert.deepEqual(await running.end(), { code: 0, output: 'waiting\ncount 5\n' })
    await server.ended()
  })
})
