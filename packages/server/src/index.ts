// The door of @etcdkit/server: an etcd inside the process.

export { Auth, Cluster, Election, KV, Lease, Lock, Maintenance, Watch } from '@etcdkit/protocol'
export { EtcdServer, type ServerClock } from './listen/etcd-server.ts'
export type { EtcdServerOptions, ListenOptions, ServerTlsOptions } from './listen/options.ts'
export type { Clock } from './store/clock.ts'
export type {
  DelayOptions,
  DropAnswerOptions,
  EndStreamsOptions,
  Fault,
  FaultMatch,
  Faults,
  RefuseOptions,
  ResetCode,
  ResetOptions,
} from './v3/fault.ts'
