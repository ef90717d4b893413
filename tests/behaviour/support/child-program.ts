// A program of a test's in a process of its own, read line by line, stopped and woken by signals.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

// TypeScript, as it is.
const fromSource = ['--import', 'tsx', '--conditions=etcdkit-source']

/** A running program. Disposing kills it. */
export class ChildProgram implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown[]>
  #output = ''
  #errors = ''
  #wake: () => void = () => {}

  /** Runs a TypeScript file with these words. `flags` are Node's. */
  constructor(file: URL, words: readonly string[], flags: readonly string[] = []) {
    const args = [...fromSource, ...flags, fileURLToPath(file), ...words]
    this.#child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#closed = once(this.#child, 'close')
    void this.#closed.then(() => this.#wake())
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#wake()
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text
    })
  }

  /** Resolves when it has printed this; rejects when it ends without. */
  async until(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
        throw new Error(`The program ended without ${JSON.stringify(text)}: ${this.#errors}`)
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  /** Has it stand still. */
  stop(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Lets it go on. */
  resume(): void {
    this.#child.kill('SIGCONT')
  }

  /** Resolves with its lines when it has ended well. */
  async end(): Promise<readonly string[]> {
    const [code] = await this.#closed
    if (code !== 0) throw new Error(`The program ended with ${String(code)}: ${this.#errors}`)
    return this.#output.split('\n').filter((line) => line !== '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#closed
  }
}
