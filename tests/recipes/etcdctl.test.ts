// Locks and elections exclude those of `etcdctl`, which are Go's.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { it } from 'node:test'
import { prefix } from 'etcdkit'
import { findEtcdBinary } from '../support/etcd-binary.ts'
import { failOnLeaks } from '../support/leaks.ts'
import { forEachServer } from '../support/suites.ts'
import { uniquePrefix } from '../support/unique-prefix.ts'

/** etcdctl under way. */
class Etcdctl implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #output = ''
  #told: () => void = () => undefined

  constructor(endpoint: string, args: readonly string[]) {
    const binary = findEtcdBinary('3.5')
    assert.ok(binary?.etcdctl !== undefined)
    this.#child = spawn(binary.etcdctl, [`--endpoints=${new URL(endpoint).host}`, ...args], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#output += text
      this.#told()
    })
    this.#closed = new Promise((resolve) => this.#child.once('close', resolve))
  }

  /** Resolves with its output once that matches. */
  async says(pattern: RegExp): Promise<string> {
    while (!pattern.test(this.#output)) {
      await new Promise<void>((resolve) => {
        this.#told = resolve
      })
    }
    return this.#output
  }

  get output(): string {
    return this.#output
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGINT')
    await this.#closed
  }
}

forEachServer(
  'recipes beside etcdctl',
  (server) => {
    failOnLeaks()

    it('etcd.lock waits for etcdctl lock, and etcdctl lock for it', async () => {
      await using etcd = server.connect()
      const name = `${uniquePrefix()}lock`
      const [endpoint = ''] = server.endpoints
      const theirs = new Etcdctl(endpoint, ['lock', name])
      const key = (await theirs.says(/\n/)).trim()
      assert.ok(key.startsWith(`${name}/`))
      assert.equal(await etcd.tryLock(name), undefined)
      const waiting = etcd.lock(name)
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      await theirs[Symbol.asyncDispose]()
      const ours = await waiting
      await using again = new Etcdctl(endpoint, ['lock', name])
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      assert.equal(again.output, '')
      await ours.release()
      await again.says(/\n/)
    })

    it('election: candidates of etcdctl and ours take turns, and observe each other', async () => {
      await using etcd = server.connect()
      const name = `${uniquePrefix()}election`
      const [endpoint = ''] = server.endpoints
      const theirs = new Etcdctl(endpoint, ['elect', name, 'theirs'])
      await theirs.says(/theirs\n/)
      assert.equal((await etcd.election(name).leader())?.value, 'theirs')
      await using observer = new Etcdctl(endpoint, ['elect', '--listen', name])
      await observer.says(/theirs\n/)
      const campaign = etcd.election(name).campaign('ours')
      while ((await etcd.count(prefix(`${name}/`))) < 2);
      await theirs[Symbol.asyncDispose]()
      await using ours = await campaign
      await observer.says(/ours\n/)
      await ours.proclaim('ours, again')
      await observer.says(/ours, again\n/)
    })
  },
  { only: ['embedded (gRPC)', 'etcd 3.4', 'etcd 3.5'] },
)
