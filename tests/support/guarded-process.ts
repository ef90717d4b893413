// A child process that is watched over: its output is kept, its end is awaited, and the guard ends it with this process.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { guardProcess, releaseProcess } from './guard.ts'

/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

/** What to run, and where. */
export interface GuardedProcessOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd?: string
  /** The whole environment. Default: this process's. */
  readonly env?: NodeJS.ProcessEnv
}

const maxOutputLength = 64 * 1024

/** A running program, until its `exited` resolves. */
export class GuardedProcess implements AsyncDisposable {
  /** Resolves when the process is gone and its output is complete; never rejects. */
  readonly exited: Promise<ProcessExit>
  readonly #child: ChildProcess
  #output = ''
  #exit: ProcessExit | undefined

  private constructor(child: ChildProcess) {
    this.#child = child
    const keep = (chunk: string): void => {
      this.#output = (this.#output + chunk).slice(-maxOutputLength)
    }
    child.stdout?.setEncoding('utf8').on('data', keep)
    child.stderr?.setEncoding('utf8').on('data', keep)
    this.exited = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#exit = { code, signal }
        if (child.pid !== undefined) releaseProcess(child.pid)
        resolve(this.#exit)
      })
    })
  }

  /** Starts a program; rejects when it cannot be started. */
  static async start(options: GuardedProcessOptions): Promise<GuardedProcess> {
    const { command, args, cwd, env } = options
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    if (child.pid !== undefined) guardProcess(child.pid)
    const started = new GuardedProcess(child)
    await once(child, 'spawn')
    return started
  }

  get pid(): number {
    // Set from the 'spawn' event on, and nobody gets hold of the object before.
    return this.#child.pid as number
  }

  /** How it ended, or undefined while it runs. */
  get exit(): ProcessExit | undefined {
    return this.#exit
  }

  /** The end of what it wrote to its two outputs. */
  get output(): string {
    return this.#output
  }

  /** Sends a signal; does nothing when the process is gone. */
  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Kills the process, whatever it is doing, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGKILL')
    await this.exited
  }
}
