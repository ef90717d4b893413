// A member that finds the others of its cluster by a discovery URL.

import { requireEtcdBinary } from '../../support/etcd-binary.ts'
import { etcdEnvironment } from '../../support/etcd-member.ts'
import { GuardedProcess } from '../../support/guarded-process.ts'
import { reservePorts } from '../../support/ports.ts'
import { createTempFolder } from '../../support/temp-folder.ts'

/** A running member. Disposing kills it. */
export interface DiscoveringEtcd extends AsyncDisposable {
  readonly endpoint: string
}

/** Starts etcd 3.4 with `--discovery`. It serves once as many as the registry asks for have registered. */
export async function startDiscovering(url: string): Promise<DiscoveringEtcd> {
  const reserved = await reservePorts(2)
  const [endpoint, peer] = reserved.ports.map((port) => `http://127.0.0.1:${port}`)
  const folder = createTempFolder('discovering')
  const process = await GuardedProcess.start({
    command: requireEtcdBinary('3.4').etcd,
    args: [
      ...[`--name=m${reserved.ports[0]}`, `--data-dir=${folder.path}/data`, `--discovery=${url}`],
      ...[`--listen-client-urls=${endpoint}`, `--advertise-client-urls=${endpoint}`],
      ...[`--listen-peer-urls=${peer}`, `--initial-advertise-peer-urls=${peer}`],
      ...['--logger=zap', '--log-level=warn'],
    ],
    env: etcdEnvironment(),
  })
  return {
    endpoint: endpoint ?? '',
    async [Symbol.asyncDispose]() {
      await process[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
      await reserved[Symbol.asyncDispose]()
    },
  }
}
