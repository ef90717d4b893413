// The connections of a server, as its faults see them.

/** One connection, over whatever wire. */
export interface Connection {
  /** Breaks it at once, without a word. */
  cut(): void
  /** Asks the client to open no more calls on it. */
  goAway?(): void
  /** The server is closing: what has no port to close it ends now. */
  stop?(): void
  /** Reads and answers nothing until `thaw`; the connection stays open. */
  freeze?(): void
  thaw?(): void
}

/** All connections, and what holds for new ones. */
export class Connections {
  readonly #open = new Set<Connection>()
  #refusing = 0
  #frozen = 0

  /** Whether new connections are closed as they come. */
  get refusing(): boolean {
    return this.#refusing > 0
  }

  /** Whether connections are to be silent. */
  get frozen(): boolean {
    return this.#frozen > 0
  }

  add(connection: Connection): void {
    this.#open.add(connection)
    if (this.frozen) connection.freeze?.()
  }

  delete(connection: Connection): void {
    this.#open.delete(connection)
  }

  cut(): void {
    for (const connection of [...this.#open]) connection.cut()
  }

  goAway(): void {
    for (const connection of [...this.#open]) connection.goAway?.()
  }

  stop(): void {
    for (const connection of [...this.#open]) connection.stop?.()
  }

  /** Refuses new connections until the answer is called. */
  refuse(): () => void {
    this.#refusing += 1
    return () => {
      this.#refusing -= 1
    }
  }

  /** Freezes all connections, new ones too, until the answer is called. */
  freeze(): () => void {
    this.#frozen += 1
    if (this.#frozen === 1) for (const connection of this.#open) connection.freeze?.()
    return () => {
      this.#frozen -= 1
      if (this.#frozen === 0) for (const connection of [...this.#open]) connection.thaw?.()
    }
  }
}
