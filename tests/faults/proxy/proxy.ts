// A TCP proxy that can be told to misbehave. It knows nothing of what passes: bytes, and TLS alike.

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { Gate } from './gate.ts'
import { type Direction, Link } from './link.ts'
import type { CutMode, PipeWeather } from './pipe.ts'

/** A server's address. */
export interface ProxyTarget {
  readonly host: string
  readonly port: number
}

/** Where to listen, and whom to connect to. */
export interface ProxyOptions {
  /** Default: any that is free. */
  readonly port?: number
  /** It need not be there yet. */
  readonly target: ProxyTarget
}

/** When and how connections are cut. */
export interface CutAfterOptions {
  readonly direction: Direction
  /** So many bytes still pass. */
  readonly bytes: number
  /** Default: `reset`. */
  readonly mode?: CutMode
  /** Those that are open, or the next one that is opened. Default: `open`. */
  readonly links?: 'open' | 'next'
}

const host = '127.0.0.1'
const rebindTries = 200
const rebindPauseMs = 25

/** What bears on the bytes of a direction; the pipes look at it for each chunk. */
class Weather implements PipeWeather {
  readonly gate = new Gate()
  delayMs = 0
  #swallowers = 0

  get swallow(): boolean {
    return this.#swallowers > 0
  }

  startSwallowing(): Disposable {
    this.#swallowers++
    return undoOnce(() => {
      this.#swallowers--
    })
  }
}

/**
 * Stands before one server. Every fault is in force until it is disposed; faults add up.
 *
 * Disposing the proxy breaks what passes and closes its port.
 */
export class FaultProxy implements AsyncDisposable {
  /** Whom new connections go to. */
  target: ProxyTarget
  readonly #weather: Readonly<Record<Direction, Weather>> = {
    up: new Weather(),
    down: new Weather(),
  }
  readonly #links = new Set<Link>()
  readonly #planned: CutAfterOptions[] = []
  readonly #passed: Record<Direction, number> = { up: 0, down: 0 }
  #swallowed = 0
  #server: Server | undefined
  #refusers = 0
  #isClosed = false
  /** Openings and closings of the port, one after the other. */
  #portWork: Promise<void> = Promise.resolve()
  #port = 0

  private constructor(options: ProxyOptions) {
    this.target = options.target
    this.#port = options.port ?? 0
  }

  /** A proxy that takes connections. */
  static async listen(options: ProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options)
    await proxy.#open()
    return proxy
  }

  get port(): number {
    return this.#port
  }

  /** How many connections go through it now. */
  get connections(): number {
    return this.#links.size
  }

  /** How many bytes have passed. */
  get passed(): Readonly<Record<Direction, number>> {
    return this.#passed
  }

  /** How many bytes of answers have vanished. */
  get swallowed(): number {
    return this.#swallowed
  }

  /** Breaks every connection there is, now. */
  cut(mode: CutMode = 'reset'): void {
    for (const link of this.#links) link.cut(mode)
  }

  /** Breaks connections in the middle of what they say. */
  cutAfter(options: CutAfterOptions): void {
    if (options.links === 'next') {
      this.#planned.push(options)
      return
    }
    for (const link of this.#links) link.cutAfter(options.direction, options.bytes, options.mode)
  }

  /** Lets nothing pass in a direction. Connections can still be made, and stay silent. */
  stall(direction: Direction): Disposable {
    return this.#weather[direction].gate.close()
  }

  /** Lets requests through, and has the answers vanish. In the end the connections that lost some are reset. */
  dropAnswers(): Disposable {
    const swallowing = this.#weather.down.startSwallowing()
    return undoOnce(() => {
      for (const link of this.#links) if (link.hasHole) link.cut('reset')
      swallowing[Symbol.dispose]()
    })
  }

  /** Holds every chunk back for so long, either way. */
  delay(delayMs: number): Disposable {
    for (const weather of Object.values(this.#weather)) weather.delayMs += delayMs
    return undoOnce(() => {
      for (const weather of Object.values(this.#weather)) weather.delayMs -= delayMs
    })
  }

  /** Refuses new connections, as a port does where nobody listens. Those there are go on. */
  async refuse(): Promise<AsyncDisposable> {
    if (++this.#refusers === 1) await this.#work(() => this.#close())
    let isHeld = true
    return {
      [Symbol.asyncDispose]: async () => {
        if (!isHeld) return
        isHeld = false
        if (--this.#refusers === 0) await this.#work(() => this.#open())
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    const links = [...this.#links]
    await this.#work(() => this.#close())
    this.cut('reset')
    await Promise.all(links.map((link) => link.closed))
  }

  #work(job: () => Promise<void>): Promise<void> {
    this.#portWork = this.#portWork.then(job)
    return this.#portWork
  }

  async #open(): Promise<void> {
    for (let tries = 1; !this.#isClosed && this.#refusers === 0; tries++) {
      const server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket))
      try {
        server.listen(this.#port, host)
        await once(server, 'listening')
      } catch (error) {
        // Clients remember the address, so only the same port will do.
        if (tries === rebindTries || this.#port === 0) throw error
        await delay(rebindPauseMs)
        continue
      }
      const address = server.address()
      if (typeof address === 'object' && address !== null) this.#port = address.port
      this.#server = server
      return
    }
  }

  async #close(): Promise<void> {
    // It would say that it is closed only when its connections are.
    this.#server?.close()
    this.#server = undefined
  }

  #accept(client: Socket): void {
    const link = new Link(client, {
      target: this.target,
      up: this.#weather.up,
      down: this.#weather.down,
      passed: (direction, bytes) => {
        this.#passed[direction] += bytes
      },
      swallowed: (bytes) => {
        this.#swallowed += bytes
      },
    })
    this.#links.add(link)
    void link.closed.then(() => this.#links.delete(link))
    const planned = this.#planned.shift()
    if (planned) link.cutAfter(planned.direction, planned.bytes, planned.mode)
  }
}

function undoOnce(run: () => void): Disposable {
  let isDone = false
  return {
    [Symbol.dispose]: () => {
      if (isDone) return
      isDone = true
      run()
    },
  }
}
