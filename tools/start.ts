// `npm start`: the tour, on the etcd at ETCD_ENDPOINTS, or on one that is started for it.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { availableEtcdVersions } from '../tests/support/etcd-binary.ts'
import { startEtcd } from '../tests/support/etcd-server.ts'
import { bringBinaries } from './etcd/bring.ts'
import { findEtcd } from './etcd/find.ts'

const program = fileURLToPath(new URL('../examples/tour.ts', import.meta.url))

const given = process.env.ETCD_ENDPOINTS
process.exitCode = given === undefined ? await tourOnOwnEtcd() : await tour(given)

async function tourOnOwnEtcd(): Promise<number> {
  if (findEtcd().length === 0) {
    console.log("Bringing an etcd from Debian's packages into .etcd/ (nothing is installed) …")
    await bringBinaries({ log: (line) => console.log(`  ${line}`) })
  }
  const version = availableEtcdVersions().at(-1)
  if (version === undefined) {
    console.error('No etcd here, and none could be brought: set ETCD_ENDPOINTS to one that runs.')
    return 1
  }
  await using etcd = await startEtcd({ version })
  console.log(`Started etcd ${etcd.version} for this tour.`)
  return await tour(etcd.endpoints.join(','))
}

function tour(endpoints: string): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, program], {
    stdio: 'inherit',
    env: { ...process.env, ETCD_ENDPOINTS: endpoints },
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
