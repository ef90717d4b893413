// `npm start`: the tour, on the etcd at ETCD_ENDPOINTS, or on an embedded one.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { EtcdServer } from '@etcdkit/server'

const program = fileURLToPath(new URL('../examples/tour.ts', import.meta.url))
const given = process.env.ETCD_ENDPOINTS

process.exitCode = given === undefined ? await tourOnEmbeddedServer() : await tour(given)

async function tourOnEmbeddedServer(): Promise<number> {
  await using server = await EtcdServer.listen({ port: 0 })
  console.log('An embedded etcd for this tour; ETCD_ENDPOINTS turns it to a real one.')
  return await tour(server.endpoint)
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
