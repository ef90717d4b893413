// A gate that is closed while anybody wants it closed.

/** Lets through at once while it is open, and all who wait when it opens. */
export class Gate {
  #holders = 0
  #waiting: (() => void)[] = []

  get isOpen(): boolean {
    return this.#holders === 0
  }

  /** Closes it until the answer is disposed. Twice is fine. */
  close(): Disposable {
    this.#holders++
    let isHeld = true
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return
        isHeld = false
        this.#holders--
        if (this.isOpen) this.#letThrough()
      },
    }
  }

  /** Resolves when the gate is open. */
  async passage(): Promise<void> {
    while (!this.isOpen) {
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve)
      })
    }
  }

  #letThrough(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }
}
