// `npm run etcd`: brings etcd 3.4, etcd 3.5 and nginx into `.etcd/` for the tests, and says what there is.

import { bringBinaries } from './bring.ts'
import { readManifest } from './brought.ts'
import { wantedList } from './wanted.ts'

async function fetchAll(): Promise<void> {
  const failures = await bringBinaries({ log: (line) => console.log(`brought ${line}`) })
  for (const { name } of wantedList) {
    const manifest = readManifest(name)
    if (manifest) console.log(`.etcd/${name}: ${manifest.version} from Debian ${manifest.suite}`)
  }
  for (const { wanted, reason } of failures) {
    console.error(`Cannot bring ${wanted.name}: tried Debian's suites\n${reason}`)
  }
  if (failures.some(({ wanted }) => wanted.required)) process.exitCode = 1
}

fetchAll().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  console.error('Own binaries can be named instead: ETCD_BINARIES=<folder with etcd and etcdctl>')
  process.exitCode = 1
})
