// Chromium without a window, driven over the pipe of its DevTools: loads a page and reads what the page has found out.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { type Chromium, findChromium, missingChromiumReason } from '../../../tools/chromium/find.ts'
import { guardProcess, releaseProcess } from '../../support/guard.ts'
import { createTempFolder } from '../../support/temp-folder.ts'

/** A browser, gone with its processes and its profile on dispose. */
export interface Browser extends AsyncDisposable {
  /**
   * Loads a page of its own and resolves with the value of an expression in it, waiting where that is a promise. Rejects
   * with what the page throws.
   */
  evaluate(url: string, expression: string): Promise<unknown>
}

/** Starts it. Rejects where there is none. */
export async function startBrowser(): Promise<Browser> {
  const chromium = findChromium()
  if (chromium === undefined) throw new Error(`Cannot start a browser: ${missingChromiumReason}`)
  const profile = createTempFolder('chromium')
  const child = spawnChromium(chromium, profile.path)
  const pid = child.pid ?? 0
  guardProcess(pid)
  const pipe = new DevToolsPipe(child)
  return {
    evaluate: (url, expression) => evaluate(pipe, url, expression),
    async [Symbol.asyncDispose]() {
      const exited = child.exitCode === null ? once(child, 'exit') : undefined
      child.kill('SIGKILL')
      await exited
      releaseProcess(pid)
      await profile[Symbol.asyncDispose]()
    },
  }
}

function spawnChromium({ command, env }: Chromium, profile: string): ChildProcess {
  const args = [
    '--headless',
    '--remote-debugging-pipe',
    `--user-data-dir=${profile}`,
    // It loads nothing but our own pages; and CI is root, without namespaces.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
    '--no-proxy-server',
  ]
  return spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
}

interface Evaluated {
  readonly result: { readonly value?: unknown }
  readonly exceptionDetails?: {
    readonly text: string
    readonly exception?: { readonly description?: string }
  }
}

async function evaluate(pipe: DevToolsPipe, url: string, expression: string): Promise<unknown> {
  const { targetId } = await pipe.send<{ targetId: string }>('Target.createTarget', {
    url: 'about:blank',
  })
  const attached = await pipe.send<{ sessionId: string }>('Target.attachToTarget', {
    targetId,
    flatten: true,
  })
  const { sessionId } = attached
  await pipe.send('Page.enable', {}, sessionId)
  const loaded = pipe.event('Page.loadEventFired', sessionId)
  await pipe.send('Page.navigate', { url }, sessionId)
  await loaded
  const evaluated = await pipe.send<Evaluated>(
    'Runtime.evaluate',
    { expression, awaitPromise: true, returnByValue: true },
    sessionId,
  )
  await pipe.send('Target.closeTarget', { targetId })
  const { result, exceptionDetails } = evaluated
  if (exceptionDetails === undefined) return result.value
  throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly sessionId?: string
  readonly result?: unknown
  readonly error?: { readonly message: string }
}

interface Waiter {
  readonly matches: (message: Message) => boolean
  readonly resolve: (message: Message) => void
  readonly reject: (reason: Error) => void
}

/** The protocol of DevTools: JSON with a zero byte after each message. */
class DevToolsPipe {
  readonly #into: Writable
  readonly #waiters = new Set<Waiter>()
  #rest = ''
  #lastId = 0

  constructor(child: ChildProcess) {
    // They are pipes: see `spawnChromium`.
    const [, , , into, from] = child.stdio as unknown as [null, null, null, Writable, Readable]
    this.#into = into
    into.on('error', () => {})
    from.setEncoding('utf8').on('data', (text: string) => this.#read(text))
    child.once('error', (error) => this.#end(error))
    child.once('exit', (code) => this.#end(new Error(`Chromium has ended: exit code ${code}`)))
  }

  async send<T = unknown>(method: string, params: object, sessionId?: string): Promise<T> {
    const id = ++this.#lastId
    const answered = this.#wait((message) => message.id === id)
    this.#into.write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    const { result, error } = await answered
    if (error !== undefined) throw new Error(`Cannot ${method}: ${error.message}`)
    // The protocol's own description of each method.
    return result as T
  }

  /** The next event of that name in a session. */
  async event(method: string, sessionId: string): Promise<void> {
    await this.#wait((message) => message.method === method && message.sessionId === sessionId)
  }

  #wait(matches: (message: Message) => boolean): Promise<Message> {
    return new Promise((resolve, reject) => this.#waiters.add({ matches, resolve, reject }))
  }

  #read(text: string): void {
    const messages = (this.#rest + text).split('\0')
    this.#rest = messages.pop() ?? ''
    for (const message of messages) this.#tell(JSON.parse(message) as Message)
  }

  #tell(message: Message): void {
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(message)) continue
      this.#waiters.delete(waiter)
      waiter.resolve(message)
    }
  }

  #end(reason: Error): void {
    for (const waiter of this.#waiters) waiter.reject(reason)
    this.#waiters.clear()
  }
}
