// Timers that do not keep a process alive. Shared by all transports: where timers are numbers, nothing has to be done.

/** What `setTimeout` answers. */
export type Timer = ReturnType<typeof setTimeout>

/** Lets the process end before the timer does (Node, Deno and Bun). */
export function unref(timer: Timer | undefined): void {
  // A number in browsers, an object with these functions elsewhere; the libraries disagree on its type.
  if (typeof timer === 'object') (timer as { unref?(): void }).unref?.()
}

/** Takes {@link unref} back. */
export function ref(timer: Timer | undefined): void {
  if (typeof timer === 'object') (timer as { ref?(): void }).ref?.()
}
