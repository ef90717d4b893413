// Watches against a model of them: whatever happens and however slow the reader, nothing is lost, doubled or reordered.

import { test } from 'node:test'
import fc from 'fast-check'
import { compareAnswers } from './naive/answers.ts'
import { type Command, watchSequences } from './naive/commands.ts'
import { NaiveStore } from './naive/naive-store.ts'
import { NaiveWatchStream } from './naive/naive-watch.ts'
import { World } from './world.ts'

const numRuns = Number(process.env.ETCDKIT_PROPERTY_RUNS ?? 500)

function run(commands: readonly Command[], watchPendingResponses: number): void {
  using world = new World({ maxTxnOps: 6, watchBatchRevisions: 3, watchPendingResponses })
  const naive = new NaiveStore(6)
  const streams = [0, 1].map(() => new NaiveWatchStream(world, naive.state))
  for (const command of commands) {
    if (!('stream' in command)) {
      compareAnswers(world, naive, command)
      continue
    }
    const stream = streams[command.stream]
    if (command.kind === 'watch') stream?.create(command.watch)
    else if (command.kind === 'cancel') stream?.cancel(command.watchId)
    else if (command.kind === 'progress') stream?.progress()
    else stream?.makeRoom(command.room)
  }
  for (const stream of streams) stream.finish()
}

test('watch tells what the model expects, to slow readers too', () => {
  fc.assert(fc.property(watchSequences, fc.constantFrom(0, 1, 3, 128), run), { numRuns })
})
