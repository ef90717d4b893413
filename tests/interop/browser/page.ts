// The page that runs in the browser: watches a prefix, puts, and tells what it has seen. Its query names the endpoint and
// how long a call may take.

import { Etcd, prefix } from 'etcdkit/gateway'

/** What the page has seen. */
export interface Seen {
  readonly events: readonly string[]
  readonly value: string | undefined
  readonly count: number
}

async function watchAndPut(endpoint: string, timeoutMs: number): Promise<Seen> {
  await using etcd = new Etcd({ endpoints: endpoint, timeoutMs })
  await etcd.put('page', 'before')
  const watch = etcd.watch(prefix('page/'))
  await watch.ready
  const puts = (async () => {
    await etcd.put('page/a', '1')
    await etcd.put('page/b', 'zwei €')
    await etcd.delete('page/a')
  })()
  const events: string[] = []
  for await (const event of watch) {
    events.push(`${event.type} ${event.key} ${event.value ?? ''}`)
    if (events.length === 3) break
  }
  await puts
  const value = (await etcd.get('page/b'))?.value
  const { count } = await etcd.list(prefix('page/'))
  return { events, value, count }
}

const query = new URLSearchParams(globalThis.location.search)
const seen = watchAndPut(query.get('endpoint') ?? '', Number(query.get('timeoutMs')))
Object.assign(globalThis, { seen })
