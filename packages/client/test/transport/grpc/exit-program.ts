// A program that makes one call and never closes its transport: see process-exit.test.ts.

import { KV, Watch } from '@etcdkit/protocol'
import { GrpcTransport } from '../../../src/transport/grpc/grpc-transport.ts'

const [mode, endpoint = ''] = process.argv.slice(2)
const transport = new GrpcTransport({ endpoints: endpoint, timeoutMs: 0 })

if (mode === 'stream') {
  for await (const _ of transport.stream(Watch.watch));
} else if (mode === 'waiting') {
  // The first attempts fail, and a call with a deadline tells so.
  const pending = transport.unary(KV.range, {})
  await transport.unary(KV.range, {}, { timeoutMs: 50 }).catch(() => {})
  console.log('waiting')
  console.log(`count ${(await pending).count}`)
} else {
  console.log(`count ${(await transport.unary(KV.range, {})).count}`)
}
