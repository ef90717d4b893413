#!/usr/bin/env node
// The command `etcdkit-server` in a process of its own.

import { once } from 'node:events'
import { runCommand } from './listen/command.ts'

// A second signal ends the process at once, as it does without this.
const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])

process.exitCode = await runCommand({
  args: process.argv.slice(2),
  env: process.env,
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  stopped: stopped.then(() => {}),
})
