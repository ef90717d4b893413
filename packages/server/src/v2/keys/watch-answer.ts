// Answers a watch: the head at once, then an event, or one after the other as fast as they are read.

import { jsonHeaders } from '../../http/answer.ts'
import type { Exchange } from '../../http/exchange.ts'
import type { Watcher } from '../tree/watcher.ts'
import { renderEvent } from './render.ts'

/** Answers; the watch ends with the request, and the request with the watch. */
export function answerWatch(
  exchange: Exchange,
  watcher: Watcher,
  headers: Readonly<Record<string, string>>,
): void {
  let isFull = false
  let isOver = false
  const end = (text?: string): void => {
    isOver = true
    exchange.end(text)
    watcher.close()
  }
  const pass = (): void => {
    while (!isFull && !isOver) {
      const event = watcher.take()
      if (event === undefined && !watcher.isOver) return
      if (event === undefined || !watcher.options.isStream) end(event && renderEvent(event))
      else isFull = !exchange.write(renderEvent(event))
    }
  }
  exchange.respond(200, { ...jsonHeaders, ...headers })
  // Nothing, but it takes the head along: who waits for it knows that the watch has begun.
  exchange.write('')
  watcher.onChange(pass)
  exchange.whenWritable(() => {
    isFull = false
    pass()
  })
  exchange.whenClosed(() => {
    isOver = true
    watcher.close()
  })
  pass()
}
