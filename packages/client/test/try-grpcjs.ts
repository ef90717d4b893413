import { createRequire } from 'node:module'
const require = createRequire('/work/main/package.json')
const grpc = require('@grpc/grpc-js')
import { errorFromStatus, EtcdError, CompactedError } from '@etcdkit/protocol'
export function grpcJsTransport(endpoint: string): any {
  const c = new grpc.Client(endpoint.replace('http://', ''), grpc.credentials.createInsecure())
  const err = (e: any) => { const w = errorFromStatus(e.code, e.details); return w.code === 'compacted' ? new CompactedError(w.message, {}) : new EtcdError(w.message.replace(/^etcdserver: (mvcc: )?/, ''), { code: w.code }) }
  const ser = (m: any) => (x: any) => Buffer.from(m.input.encode(x))
  const de = (m: any) => (b: any) => m.output.decode(new Uint8Array(b))
  return {
    fullDuplex: true,
    unary: (m: any, r: any) => new Promise((res, rej) => c.makeUnaryRequest(m.path, ser(m), de(m), r, (e: any, v: any) => e ? rej(err(e)) : res(v))),
    stream: (m: any) => { const s = c.makeBidiStreamRequest(m.path, ser(m), de(m)); s.on('error', () => {}); return { send: (x: any) => s.write(x), end: () => s.end(), cancel: () => s.cancel(), async *[Symbol.asyncIterator]() { try { for await (const x of s) yield x } catch (e) { throw err(e) } } } },
    close: async () => c.close(),
  }
}
