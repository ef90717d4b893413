// Two candidates and an observer: who leads, and what happens when the leader resigns.
// Usage: ETCD_ENDPOINTS=http://127.0.0.1:2379 node --import tsx examples/election.ts

import { Etcd } from 'etcdkit'

await using etcd = new Etcd(process.env.ETCD_ENDPOINTS ?? 'http://127.0.0.1:2379')
const election = etcd.election(`etcdkit-example/${Date.now()}/leader`)

const observed = (async () => {
  for await (const leader of election.observe()) {
    console.log(leader === undefined ? 'nobody leads' : `${leader.value} leads`)
    if (leader?.value === 'ben, at work') return
  }
})()

const anna = await election.campaign('anna')
const waiting = election.campaign('ben')
await anna.resign()
await using ben = await waiting
await ben.proclaim('ben, at work')
await observed
