// The door `etcdkit/protocol`: messages, services and errors, for the raw door `etcd.call`.

export * from '@etcdkit/protocol'
