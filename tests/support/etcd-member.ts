// One member of a running etcd: a process that tests kill, freeze and bring back.

import { readFile, rm } from 'node:fs/promises'
import {
  type ClusterPlan,
  type ClusterState,
  dataFolder,
  type MemberPlan,
  memberFlags,
} from './etcd-plan.ts'
import { GuardedProcess } from './guarded-process.ts'
import { type HttpAnswer, type HttpTarget, type RequestOptions, requestMember } from './http.ts'
import { isListening } from './listening.ts'
import { PollAbort, pollUntil } from './poll.ts'

/** What a start waits for: that the port takes connections, or that the member serves with a leader known. */
export type MemberReadiness = 'listening' | 'healthy'

const startDeadlineMs = 60_000
// Asked again when it takes longer: a member that has no leader yet may keep its answer back.
const healthMs = 5000
const stopDeadlineMs = 10_000
const rebindTries = 10

/** Another program took one of the member's ports between the choice and the start. */
export class PortTakenError extends PollAbort {
  override readonly name: string = 'PortTakenError'
}

/** One etcd process and its place in the cluster. */
export class EtcdMember implements AsyncDisposable {
  readonly name: string
  /** The URL for clients. */
  readonly endpoint: string
  readonly peerUrl: string
  /** The path of its unix socket, when it listens on one. */
  readonly socketPath: string | undefined
  readonly #cluster: ClusterPlan
  readonly #plan: MemberPlan
  #process: GuardedProcess | undefined
  #earlierLog = ''
  #clusterState: ClusterState = 'new'

  constructor(cluster: ClusterPlan, plan: MemberPlan) {
    this.name = plan.name
    this.endpoint = plan.endpoint
    this.peerUrl = plan.peerUrl
    this.socketPath = plan.socketPath
    this.#cluster = cluster
    this.#plan = plan
  }

  /** The id of the running process; undefined while the member is down. */
  get pid(): number | undefined {
    return this.#process?.exit ? undefined : this.#process?.pid
  }

  /** The end of its log, over all of its lives. */
  get log(): string {
    return this.#earlierLog + (this.#process?.output ?? '')
  }

  /** Starts the process without waiting for anything; see {@link untilReady}. */
  async spawn(): Promise<void> {
    if (this.#process) throw new Error(`Cannot start etcd ${this.name}: it is running`)
    // etcd does not take over the socket that a killed one left behind.
    if (this.socketPath !== undefined) await rm(this.socketPath, { force: true })
    const process = await GuardedProcess.start({
      command: this.#cluster.binaries.etcd,
      args: memberFlags(this.#cluster, this.#plan, this.#clusterState),
      cwd: this.#plan.folder,
      env: etcdEnvironment(),
    })
    this.#process = process
  }

  /** Resolves when the member is ready. Rejects with its log when it ends before, or takes too long. */
  async untilReady(readiness: MemberReadiness = 'healthy'): Promise<void> {
    const what = `etcd ${this.name} to be ${readiness}`
    const check = async (): Promise<boolean> => {
      this.#assertRunning()
      return readiness === 'healthy' ? this.#isHealthy() : isListening(this.endpoint)
    }
    try {
      await pollUntil(check, { what, deadlineMs: startDeadlineMs })
    } catch (error) {
      if (error instanceof PollAbort) throw error
      throw new Error(
        `Cannot start etcd ${this.name}: its log ends with\n${this.#process?.output}`,
        {
          cause: error,
        },
      )
    }
  }

  /** Kills the process and waits until it is gone; its data stays. Other signals than SIGKILL may be caught. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const process = this.#process
    if (!process) return
    process.signal(signal)
    await process.exited
    this.#forget(process)
  }

  /** Ends the process the polite way: a leader hands over, and open calls are ended. */
  async stop(): Promise<void> {
    const process = this.#process
    if (!process) return
    process.signal('SIGTERM')
    process.signal('SIGCONT')
    const killer = setTimeout(() => process.signal('SIGKILL'), stopDeadlineMs)
    await process.exited
    clearTimeout(killer)
    this.#forget(process)
  }

  /** Freezes the process: connections stay open, nothing is answered. Resolves when it stands still. */
  async pause(): Promise<void> {
    const process = this.#running()
    process.signal('SIGSTOP')
    const what = `etcd ${this.name} to stand still`
    await pollUntil(() => isStopped(process.pid), { what, deadlineMs: 20_000, intervalMs: 1 })
  }

  /** Lets a frozen process go on. */
  resume(): void {
    this.#running().signal('SIGCONT')
  }

  /** Starts the member again on its data and its addresses; kills it before when it is running. */
  async restart(readiness: MemberReadiness = 'healthy'): Promise<void> {
    await this.kill()
    for (let tries = 1; ; tries++) {
      await this.spawn()
      try {
        return await this.untilReady(readiness)
      } catch (error) {
        await this.kill()
        // Clients remember the address, so only the same port will do.
        if (!(error instanceof PortTakenError) || tries === rebindTries) throw error
      }
    }
  }

  /**
   * Kills the member, forgets its data, and starts it anew on its addresses, as a member that was just added to the
   * cluster that is there: whoever calls has removed and added it.
   */
  async rejoin(readiness: MemberReadiness = 'healthy'): Promise<void> {
    await this.kill()
    await rm(dataFolder(this.#plan), { recursive: true, force: true, maxRetries: 3 })
    this.#clusterState = 'existing'
    await this.restart(readiness)
  }

  /** Kills the only member of a cluster, and starts it anew on what `etcdctl` makes of a snapshot. */
  async restore(snapshot: string): Promise<void> {
    const { binaries, folder } = this.#cluster
    if (binaries.etcdctl === undefined) throw new Error('Cannot restore a snapshot: no etcdctl')
    await this.kill()
    const data = dataFolder(this.#plan)
    await rm(data, { recursive: true, force: true, maxRetries: 3 })
    const process = await GuardedProcess.start({
      command: binaries.etcdctl,
      args: [
        ...['snapshot', 'restore', snapshot, `--data-dir=${data}`, `--name=${this.name}`],
        `--initial-cluster=${this.name}=${this.peerUrl}`,
        `--initial-advertise-peer-urls=${this.peerUrl}`,
        `--initial-cluster-token=${folder}`,
      ],
      env: { ...etcdEnvironment(), ETCDCTL_API: '3' },
    })
    const { code } = await process.exited
    if (code !== 0) throw new Error(`Cannot restore a snapshot: ${process.output}`)
    await this.restart()
  }

  /** Asks the member over HTTP/1.1: GET, or POST with a body. */
  request(path: string, options?: RequestOptions): Promise<HttpAnswer> {
    const { tls } = this.#cluster
    const target: HttpTarget = { endpoint: this.endpoint, ...(tls && { tls }) }
    return requestMember(target, path, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
  }

  #running(): GuardedProcess {
    if (!this.#process) throw new Error(`Cannot signal etcd ${this.name}: it is not running`)
    return this.#process
  }

  #forget(process: GuardedProcess): void {
    if (this.#process !== process) return
    this.#earlierLog = this.log
    this.#process = undefined
  }

  #assertRunning(): void {
    const exit = this.#process?.exit
    if (this.#process && !exit) return
    const end = exit?.signal ?? `exit code ${exit?.code}`
    const message = `Cannot start etcd ${this.name}: ${end}, its log ends with\n${this.#process?.output}`
    if (this.#process?.output.includes('address already in use')) throw new PortTakenError(message)
    throw new PollAbort(message)
  }

  async #isHealthy(): Promise<boolean> {
    // A full disk is what some tests restart with.
    const { status } = await this.request('/health?exclude=NOSPACE', { timeoutMs: healthMs })
    return status === 200
  }
}

/** etcd takes settings from variables that begin with ETCD_: those of whoever runs the tests are none of its business. */
export function etcdEnvironment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('ETCD_'))
  // etcd 3.4 asks for this on machines other than amd64.
  const consent = process.arch === 'x64' ? {} : { ETCD_UNSUPPORTED_ARCH: process.arch }
  return { ...Object.fromEntries(own), ...consent }
}

/** Whether the system says so; where it cannot be asked, the signal is taken at its word. */
async function isStopped(pid: number): Promise<boolean> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return text === undefined || /\) [tT] /.test(text)
}
