// `npm run go`: brings Go and etcd's Go client into `.etcd/go`, for the test of the one against the other's servers.

import { bringBinaries } from '../etcd/bring.ts'
import { findGo } from './find.ts'
import { goWanted } from './wanted.ts'

async function fetchGo(): Promise<void> {
  const log = (line: string): void => console.log(`brought ${line}`)
  const failures = await bringBinaries({ wanted: [goWanted], log })
  for (const { reason } of failures) {
    console.error(`Cannot bring Go: tried Debian's suites\n${reason}`)
    process.exitCode = 1
  }
  const go = findGo()
  if (go !== undefined) console.log(`Go ${go.version}: ${go.command}`)
}

fetchGo().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
