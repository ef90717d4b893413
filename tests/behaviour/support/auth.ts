// Authentication for suites about tokens: turned on for a test, and off when it ends.

import { randomUUID } from 'node:crypto'
import { Auth, PermissionType } from '@etcdkit/protocol'
import { type Etcd, EtcdError, type EtcdOptions } from 'etcdkit'
import { PollAbort, pollUntil } from '../../support/poll.ts'
import type { SuiteServer } from '../../support/suites.ts'
import { countAnswered } from './metrics.ts'
import { connectBySocket } from './sockets.ts'

/** A user of the server. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

const root: Credentials = { username: 'root', password: 'the root password' }
const role = 'everything'
// Passwords are made to take long, and many of them on a busy machine more than calls are given otherwise.
const timeoutMs = 60_000

const probeCount = 60
const probeIntervalMs = 100
// That there are no more of them comes first, unless asking takes long.
const expiryDeadlineMs = 60_000

/** Makes what auth needs to be turned on: the user root, and a role that may read and write all keys. Once a server. */
export async function prepareAuth(server: SuiteServer): Promise<void> {
  await using etcd = server.connect({ timeoutMs })
  const allKeys = { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) }
  const perm = { permType: PermissionType.READWRITE, ...allKeys }
  await etcd.call(Auth.userAdd, { name: root.username, password: root.password })
  await etcd.call(Auth.userGrantRole, { user: root.username, role: 'root' })
  await etcd.call(Auth.roleAdd, { name: role })
  await etcd.call(Auth.roleGrantPermission, { name: role, perm })
}

/** Who turns auth on and off. Disposing turns it off. */
export class AuthSwitch implements AsyncDisposable {
  readonly #server: SuiteServer
  readonly root: Etcd

  constructor(server: SuiteServer) {
    this.#server = server
    this.root = this.client(root)
  }

  async on(): Promise<void> {
    await this.root.call(Auth.authEnable, {})
    // Now, so that it is not counted among the authentications of a test.
    await this.root.call(Auth.userList, {})
  }

  async off(): Promise<void> {
    await this.root.call(Auth.authDisable, {})
  }

  /** Adds a user who may read and write all keys. */
  async addUser(password: string = randomUUID()): Promise<Credentials> {
    const username = `user-${randomUUID().slice(0, 8)}`
    await this.root.call(Auth.userAdd, { name: username, password })
    await this.root.call(Auth.userGrantRole, { user: username, role })
    return { username, password }
  }

  /** Makes every token of a user invalid at once, as etcd does when the password is changed: here, to the same. */
  async invalidateTokens({ username, password }: Credentials): Promise<void> {
    await this.root.call(Auth.userChangePassword, { name: username, password })
  }

  /** A token of a user, as the server hands it out. */
  async tokenOf({ username, password }: Credentials): Promise<string> {
    return (await this.root.call(Auth.authenticate, { name: username, password })).token
  }

  /** A client of the server. Whoever asks for it closes it. */
  client(auth?: EtcdOptions['auth']): Etcd {
    return connectBySocket(this.#server, { auth, timeoutMs })
  }

  /** How many calls of `Authenticate` the server answers while `work` is done. */
  async countAuthentications(work: () => Promise<unknown>): Promise<number> {
    const before = await countAnswered(this.#server, 'Authenticate')
    await work()
    return (await countAnswered(this.#server, 'Authenticate')) - before
  }

  /** Resolves when what was a token of the user's before this call, and is not used any more, has expired. */
  async untilTokensExpire(user: Credentials): Promise<void> {
    // Asking with a token prolongs its life, so each is asked with once. They are younger than those waited for.
    const probes = await Promise.all(Array.from({ length: probeCount }, () => this.tokenOf(user)))
    const expired = async (): Promise<boolean> => {
      const probe = probes.pop()
      if (probe === undefined) throw new PollAbort('no token has expired')
      return !(await this.isAlive(probe))
    }
    const every = { deadlineMs: expiryDeadlineMs, intervalMs: probeIntervalMs }
    await pollUntil(expired, { what: 'a token to expire', ...every })
  }

  /** Whether the server takes a token. */
  async isAlive(token: string): Promise<boolean> {
    await using etcd = this.client({ token })
    try {
      await etcd.get('any')
      return true
    } catch (error) {
      if (error instanceof EtcdError && error.code === 'invalid-auth-token') return false
      throw error
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.off()
    } finally {
      await this.root.close()
    }
  }
}
