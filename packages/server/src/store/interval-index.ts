// Finds what covers a point, among intervals that may overlap, without a look at each.

interface Interval<T> {
  readonly from: string
  readonly to: string
  readonly values: Set<T>
  /** The highest `to` among the intervals of its subtree. */
  reach: string
}

/**
 * Values by interval.
 *
 * A sorted array read as a balanced tree: the middle of a stretch is the root of what is left and right of it.
 */
export class IntervalIndex<T> {
  /** By `from`, then by `to`; no two the same. */
  readonly #intervals: Interval<T>[] = []
  /** Whether each `reach` is right. */
  #fresh = true

  /** Adds a value; twice is once. */
  add(from: string, to: string, value: T): void {
    const at = this.#placeOf(from, to)
    const found = this.#intervals[at]
    if (found?.from === from && found.to === to) {
      found.values.add(value)
      return
    }
    this.#intervals.splice(at, 0, { from, to, values: new Set([value]), reach: to })
    this.#fresh = false
  }

  /** Removes a value, if it is there. */
  delete(from: string, to: string, value: T): void {
    const at = this.#placeOf(from, to)
    const found = this.#intervals[at]
    if (found?.from !== from || found.to !== to) return
    found.values.delete(value)
    if (found.values.size > 0) return
    this.#intervals.splice(at, 1)
    this.#fresh = false
  }

  /** Calls `visit` with each value whose interval covers `point`. `visit` must not add or delete. */
  forEachAt(point: string, visit: (value: T) => void): void {
    if (!this.#fresh) this.#setReach(0, this.#intervals.length)
    this.#fresh = true
    this.#search(0, this.#intervals.length, point, visit)
  }

  #search(low: number, high: number, point: string, visit: (value: T) => void): void {
    if (low >= high) return
    const middle = (low + high) >>> 1
    const interval = this.#intervals[middle] as Interval<T>
    if (interval.reach <= point) return
    this.#search(low, middle, point, visit)
    if (interval.from > point) return
    if (point < interval.to) for (const value of interval.values) visit(value)
    this.#search(middle + 1, high, point, visit)
  }

  #setReach(low: number, high: number): string {
    if (low >= high) return ''
    const middle = (low + high) >>> 1
    const interval = this.#intervals[middle] as Interval<T>
    const left = this.#setReach(low, middle)
    const right = this.#setReach(middle + 1, high)
    interval.reach = interval.to
    if (left > interval.reach) interval.reach = left
    if (right > interval.reach) interval.reach = right
    return interval.reach
  }

  /** Where the interval is, or would go. */
  #placeOf(from: string, to: string): number {
    let low = 0
    let high = this.#intervals.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const interval = this.#intervals[middle] as Interval<T>
      if (interval.from < from || (interval.from === from && interval.to < to)) low = middle + 1
      else high = middle
    }
    return low
  }
}
