// etcdctl, or another program that says line by line how far it has come, while a test waits for what it says.

import { type ChildProcess, spawn } from 'node:child_process'
import { findEtcdBinary } from './etcd-binary.ts'

/** What etcdctl is told, whose own two and five seconds are little on a busy machine. */
export const patience: Readonly<Record<string, string>> = {
  ETCDCTL_DIAL_TIMEOUT: '60s',
  ETCDCTL_COMMAND_TIMEOUT: '60s',
}

/** A program under way. */
export class SpeakingProgram implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<number | null>
  #output = ''
  #complaints = ''
  #isClosed = false
  #told: () => void = () => undefined

  constructor(
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...patience, ...env },
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#told()
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text
    })
    this.#closed = new Promise((resolve) => {
      this.#child.once('close', (code) => {
        this.#isClosed = true
        this.#told()
        resolve(code)
      })
    })
  }

  /** Resolves with its output once that matches; rejects with what it complains of when it ends before. */
  async says(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#output)) {
      if (this.#isClosed) {
        throw new Error(`It ended without ${pattern}: ${this.#output}${this.#complaints}`)
      }
      await new Promise<void>((resolve) => {
        this.#told = resolve
      })
    }
    return this.#output
  }

  get output(): string {
    return this.#output
  }

  /** Resolves with its output when it has ended well; rejects with what it complains of otherwise. */
  async ends(): Promise<string> {
    const code = await this.#closed
    if (code !== 0) throw new Error(`It ended with ${code}: ${this.#output}${this.#complaints}`)
    return this.#output
  }

  /** Interrupts it, as ^C does, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isClosed) this.#child.kill('SIGINT')
    await this.#closed
  }
}

/** The path of the etcdctl of etcd 3.5. */
export function etcdctlPath(): string {
  const path = findEtcdBinary('3.5')?.etcdctl
  if (path === undefined) throw new Error('Cannot find etcdctl')
  return path
}

/** Runs etcdctl. */
export function etcdctl(endpoint: string, ...args: readonly string[]): SpeakingProgram {
  return new SpeakingProgram(etcdctlPath(), [`--endpoints=${new URL(endpoint).host}`, ...args])
}
