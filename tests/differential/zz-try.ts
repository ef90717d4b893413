import { explore } from './explore.ts'
import { openLane } from './lane.ts'
import { Tally } from './tally.ts'

const [version, way, seed, runs, lanes] = process.argv.slice(2)
const tally = new Tally()
const t0 = performance.now()
const opened = await Promise.all(
  Array.from({ length: Number(lanes ?? 1) }, () => openLane(version as '3.5', way as 'gRPC')),
)
console.log('opened', performance.now() - t0)
const t1 = performance.now()
const found = await Promise.all(
  opened.map((lane, i) => explore(lane, { seed: Number(seed) + i, runs: Number(runs), tally })),
)
console.log('explored', performance.now() - t1, tally.sequences, tally.steps, process.cpuUsage())
if (process.env.TALLY) console.log(tally.lines().join('\n'))
for (const each of found) if (each) console.log(each)
for (const lane of opened) await lane[Symbol.asyncDispose]()
