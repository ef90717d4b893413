// Hands answers over in a later turn of the event loop, as a socket would, all of one turn together.

// Kept from the start: a test may put its own in their place.
const { setImmediate } = globalThis

let waiting: (() => void)[] = []

/**
 * Calls `run` in the next turn.
 *
 * Not in a microtask: a loop that waits for nothing but answers would then never let a timer fire.
 */
export function deliver(run: () => void): void {
  if (waiting.length === 0) setImmediate(deliverAll)
  waiting.push(run)
}

function deliverAll(): void {
  const due = waiting
  waiting = []
  for (const run of due) run()
}
