// Go's concurrency package, etcdctl and this client contend for the same lock and the same leadership: one at a time,
// and everybody in turn.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Etcd, prefix } from 'etcdkit'
import { buildGo } from '../../tools/go/build.ts'
import { type RunningEtcd, startEtcd } from '../support/etcd-server.ts'
import { etcdctl, etcdctlPath, SpeakingProgram } from '../support/etcdctl.ts'
import { describeWith } from '../support/suites.ts'
import { createTempFolder, type TempFolder } from '../support/temp-folder.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'
import { connectTo, goRequirement } from './support/go-requirement.ts'

const goTurns = 5
const goContenders = 2
const ourTurns = 10
const ctlTurns = 4

/** What only a holder may do: two at a time would lose a turn. */
async function count(etcd: Etcd, counter: string): Promise<void> {
  const value = Number((await etcd.get(counter))?.value ?? 0)
  await new Promise((resolve) => setImmediate(resolve))
  await etcd.put(counter, String(value + 1))
}

/** The same by etcdctl, in the shell that it runs under a lock. */
const countInShell =
  'before=$("$CTL" get --print-value-only "$COUNTER"); "$CTL" put "$COUNTER" $((before + 1)) && echo turn'

describeWith(goRequirement(), 'contention with Go and etcdctl', () => {
  let folder: TempFolder
  let server: RunningEtcd
  let endpoint: string
  let program: string
  before(async () => {
    folder = createTempFolder('contention')
    program = join(folder.path, 'program')
    await buildGo(fileURLToPath(new URL('go', import.meta.url)), program)
    server = await startEtcd({ version: '3.5' })
    endpoint = server.endpoints[0] ?? ''
  })
  after(async () => {
    await server[Symbol.asyncDispose]()
    await folder[Symbol.asyncDispose]()
  })

  const goContender = (kind: string, name: string, counter: string): SpeakingProgram =>
    new SpeakingProgram(program, [endpoint, 'contend', kind, name, counter, String(goTurns)])

  it('a lock has one holder at a time, of whatever kind, and everybody gets his turns', async () => {
    await using etcd = connectTo(server)
    const name = `${uniquePrefix()}lock`
    const counter = `${name}-turns`
    // All have asked before the first can have it.
    const first = await etcd.lock(name)
    await using go = goContender('lock', name, counter)
    const env = { CTL: etcdctlPath(), COUNTER: counter, ETCDCTL_ENDPOINTS: new URL(endpoint).host }
    const ctl = (async () => {
      for (let turn = 0; turn < ctlTurns; turn++) {
        const args = ['lock', name, '--', 'sh', '-c', countInShell]
        assert.match(await new SpeakingProgram(env.CTL, args, env).ends(), /turn/)
      }
    })()
    while ((await etcd.count(prefix(`${name}/`))) < 1 + goContenders + 1);
    const ours = Array.from({ length: 2 }, async () => {
      await using session = await etcd.session()
      for (let turn = 0; turn < ourTurns / 2; turn++) {
        await using _held = await etcd.lock(name, { session })
        await count(etcd, counter)
      }
    })
    await first.release()
    const [output] = await Promise.all([go.ends(), ctl, ...ours])
    assert.equal(output.match(/turn/g)?.length, goContenders * goTurns)
    const turns = Number((await etcd.get(counter))?.value)
    assert.equal(turns, goContenders * goTurns + ctlTurns + ourTurns)
    assert.equal(await etcd.count(prefix(`${name}/`)), 0)
  })

  it('an election has one leader at a time, of whatever kind, and each side sees the other lead', async () => {
    await using etcd = connectTo(server)
    const name = `${uniquePrefix()}election`
    const counter = `${name}-turns`
    const election = etcd.election(name)
    const seen: string[] = []
    const abort = new AbortController()
    const observed = (async () => {
      for await (const leader of election.observe({ signal: abort.signal }))
        seen.push(leader?.value ?? 'nobody')
    })().catch((error) => assert.equal(error, abort.signal.reason))
    await using observer = new SpeakingProgram(program, [endpoint, 'observe', name, 'the last'])
    await observer.says(/observing/)
    const first = await election.campaign('the first')
    await using go = goContender('election', name, counter)
    await using ctl = etcdctl(endpoint, 'elect', name, 'etcdctl')
    while ((await etcd.count(prefix(`${name}/`))) < 1 + goContenders + 1);
    const ours = Array.from({ length: 2 }, async (_, index) => {
      for (let turn = 0; turn < ourTurns / 2; turn++) {
        await using led = await election.campaign(`ours ${index}`)
        await count(etcd, counter)
        await led.proclaim(`ours ${index}, again`)
      }
    })
    const theirs = (async () => {
      await ctl.says(/etcdctl\n/)
      assert.equal((await election.leader())?.value, 'etcdctl')
      await count(etcd, counter)
      await ctl[Symbol.asyncDispose]()
    })()
    assert.equal((await election.leader())?.value, 'the first')
    await first.resign()
    await Promise.all([go.ends(), theirs, ...ours])
    await using _last = await election.campaign('the last')
    const told = await observer.ends()
    abort.abort('enough')
    await observed
    const turns = Number((await etcd.get(counter))?.value)
    assert.equal(turns, goContenders * goTurns + 1 + ourTurns)
    for (const value of ['go 0', 'go 1 again', 'etcdctl', 'ours 0', 'ours 1, again']) {
      assert.ok(seen.includes(value), `${value} is not in ${seen}`)
    }
    // It may miss who leads for a moment only.
    assert.match(told, /saw the last\n/)
  })
})
