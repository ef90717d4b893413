// A method that is served, and how often it was called.

import type { Service } from './service.ts'

/** A method's service, with its tally. */
export interface Route<S extends Service = Service> {
  readonly service: S
  /** Calls that began. */
  started: number
  /** Calls that ended, by status. */
  readonly handled: Map<number, number>
}

/** Counts a call that ended. */
export function countHandled(route: Route, status: number): void {
  route.handled.set(status, (route.handled.get(status) ?? 0) + 1)
}
