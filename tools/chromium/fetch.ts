// `npm run chromium`: brings Chromium into `.etcd/chromium`, for the tests of what runs in a browser.

import { bringBinaries } from '../etcd/bring.ts'
import { findChromium } from './find.ts'
import { chromiumWanted } from './wanted.ts'

async function fetchChromium(): Promise<void> {
  const log = (line: string): void => console.log(`brought ${line}`)
  const failures = await bringBinaries({ wanted: [chromiumWanted], log })
  for (const { reason } of failures) {
    console.error(`Cannot bring Chromium: tried Debian's suites\n${reason}`)
    process.exitCode = 1
  }
  const chromium = findChromium()
  if (chromium !== undefined) console.log(`Chromium ${chromium.version}: ${chromium.command}`)
}

fetchChromium().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
})
