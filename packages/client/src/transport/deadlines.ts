// The deadlines of many calls with few timers: calls with the same limit expire in the order they began. Shared by all
// transports.

import { ref, type Timer, unref } from './timers.ts'

/** Something with a deadline. The fields are written by `Deadlines`. */
export interface Timed {
  deadline: number
  deadlineList: DeadlineList | undefined
  previousTimed: Timed | undefined
  nextTimed: Timed | undefined
  /** The deadline has passed. */
  expire(): void
}

/** The calls that share one limit, oldest first. */
export interface DeadlineList {
  readonly timeoutMs: number
  head: Timed | undefined
  tail: Timed | undefined
  timer: Timer | undefined
}

const longestTimerMs = 2_147_483_647

/** Keeps deadlines. A pending one keeps the process alive, as the call it belongs to should. */
export class Deadlines {
  readonly #lists = new Map<number, DeadlineList>()

  /**
   * `item.expire()` will be called in `timeoutMs` milliseconds unless removed. 0 and `Infinity`: never, but the item
   * keeps the process alive all the same.
   */
  add(item: Timed, limitMs: number): void {
    const timeoutMs = limitMs > 0 ? limitMs : Number.POSITIVE_INFINITY
    let list = this.#lists.get(timeoutMs)
    if (list === undefined) {
      list = { timeoutMs, head: undefined, tail: undefined, timer: undefined }
      this.#lists.set(timeoutMs, list)
    }
    item.deadline = performance.now() + timeoutMs
    item.deadlineList = list
    item.previousTimed = list.tail
    if (list.tail === undefined) {
      list.head = item
      if (list.timer === undefined) this.#arm(list, timeoutMs)
      else ref(list.timer)
    } else {
      list.tail.nextTimed = item
    }
    list.tail = item
  }

  /** The call is over. Fine if it has no deadline. */
  remove(item: Timed): void {
    const list = item.deadlineList
    if (list === undefined) return
    if (item.previousTimed === undefined) list.head = item.nextTimed
    else item.previousTimed.nextTimed = item.nextTimed
    if (item.nextTimed === undefined) list.tail = item.previousTimed
    else item.nextTimed.previousTimed = item.previousTimed
    item.deadlineList = undefined
    item.previousTimed = undefined
    item.nextTimed = undefined
    if (list.head === undefined) unref(list.timer)
  }

  /** Goes through what is not over. The one in hand may be removed; the others as well, at the price of some left out. */
  *items(): Iterable<Timed> {
    for (const list of this.#lists.values()) {
      let item = list.head
      while (item !== undefined) {
        const next: Timed | undefined = item.nextTimed
        yield item
        item = next
      }
    }
  }

  /** Stops every timer; nothing expires any more. */
  close(): void {
    for (const list of this.#lists.values()) clearTimeout(list.timer)
    this.#lists.clear()
  }

  #arm(list: DeadlineList, delayMs: number): void {
    list.timer = setTimeout(() => this.#tick(list), Math.min(Math.ceil(delayMs), longestTimerMs))
  }

  #tick(list: DeadlineList): void {
    list.timer = undefined
    const now = performance.now()
    let item = list.head
    while (item !== undefined && item.deadline <= now) {
      this.remove(item)
      item.expire()
      item = list.head
    }
    if (item !== undefined) this.#arm(list, item.deadline - now)
    else if (list.timer === undefined) this.#lists.delete(list.timeoutMs)
  }
}
