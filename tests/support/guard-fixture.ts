// A process that guards another process and a folder, says which, and waits to be killed: see guard.test.ts.

import { releaseProcess } from './guard.ts'
import { GuardedProcess } from './guarded-process.ts'
import { createTempFolder } from './temp-folder.ts'

const command = { command: 'sleep', args: ['60'] }
const { pid } = await GuardedProcess.start(command)
const { pid: released } = await GuardedProcess.start(command)
releaseProcess(released)
const { path: folder } = createTempFolder('guard')
console.log(JSON.stringify({ pid, released, folder }))
