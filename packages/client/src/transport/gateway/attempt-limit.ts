// Half the time of a call is for its first attempt, the rest for all others: a member that takes requests and does not
// answer is given up while there is time for another one.

import type { DeadlineList, Timed } from '../deadlines.ts'

/** The limit of one attempt. */
export class AttemptLimit implements Timed {
  readonly #onOver: () => void
  deadline = 0
  deadlineList: DeadlineList | undefined = undefined
  previousTimed: Timed | undefined = undefined
  nextTimed: Timed | undefined = undefined

  constructor(onOver: () => void) {
    this.#onOver = onOver
  }

  expire(): void {
    this.#onOver()
  }
}
