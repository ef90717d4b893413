// Services that are clients of the others: what those refuse, they pass on without its status.

import { statusNumbers } from '@etcdkit/protocol'
import { StatusError, statusOfError } from './status.ts'

/** Runs; rejects with whatever is thrown as status UNKNOWN, in the same words, as etcd's lock and election services do. */
export async function withUnknownErrors<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    const { message } = statusOfError(error)
    throw new StatusError({ status: statusNumbers.unknown, message })
  }
}

/** Puts something right after an error, which is what is told: not that this failed as well. */
export function quietly(run: () => unknown): void {
  try {
    run()
  } catch {
    // Its lease will see to it.
  }
}
