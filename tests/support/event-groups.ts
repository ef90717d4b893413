// Sorts the test runner's events by test file. An event names the place where a test was declared, which is a helper's
// file when a helper declared it; so the events of one outermost test are kept together until one names a test file.

import { resolve } from 'node:path'
import type { TestEvent } from 'node:test/reporters'

/** The events that come file by file, in the order of the files. The others come as things happen, and mixed. */
export type OrderedEvent = Extract<
  TestEvent,
  { type: 'test:start' | 'test:pass' | 'test:fail' | 'test:stdout' | 'test:stderr' }
>

/** Events of one file, in their order. */
export interface EventGroup {
  readonly file: string
  readonly events: readonly OrderedEvent[]
}

/** Tells the name of a test file as people know it, of the file or of what was made of it. */
export type SourceOf = (path: string) => string

/** Whether a test stands for its whole file, of this name: for the process that ran it. */
export function isWholeFile(name: string, file: string, sourceOf: SourceOf): boolean {
  return sourceOf(resolve(name)) === file
}

/** Takes events one by one, and gives them back in groups, each with the name of its file. */
export class EventGroups {
  readonly #sourceOf: SourceOf
  readonly #testFiles = new Set<string>()
  #events: OrderedEvent[] = []
  #file: string | undefined
  #depth = 0

  constructor(sourceOf: SourceOf) {
    this.#sourceOf = sourceOf
  }

  /** The groups that are complete with this event: none or one. */
  add(event: TestEvent): EventGroup[] {
    if (event.type === 'test:enqueue') this.#noteTestFile(event.data)
    if (!isOrdered(event)) return []
    this.#events.push(event)
    const file = event.data.file && this.#sourceOf(event.data.file)
    if (file !== undefined && this.#testFiles.has(file)) this.#file = file
    if ('nesting' in event.data && event.data.nesting === 0) {
      this.#depth = event.type === 'test:start' ? 1 : 0
    }
    if (this.#depth > 0 || this.#file === undefined) return []
    const group = { file: this.#file, events: this.#events }
    this.#events = []
    return [group]
  }

  #noteTestFile({ name, file }: { readonly name: string; readonly file?: string }): void {
    const source = file && this.#sourceOf(file)
    if (source !== undefined && isWholeFile(name, source, this.#sourceOf)) {
      this.#testFiles.add(source)
    }
  }
}

function isOrdered(event: TestEvent): event is OrderedEvent {
  return /^test:(start|pass|fail|stdout|stderr)$/.test(event.type)
}
