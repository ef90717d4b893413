// Counts pings that come too often, as grpc-go does for etcd.

/** Pings may be this far apart, `--grpc-keepalive-min-time`. */
const minIntervalMs = 5000
/** And this far while no call is open. */
const idleIntervalMs = 2 * 3_600_000
const maxStrikes = 2

/** The pings of one connection. Source: grpc-go `internal/transport/http2_server.go`, handlePing. */
export class PingGuard {
  #last = Number.NEGATIVE_INFINITY
  #strikes = 0
  #forgiven = false

  /** Something was sent: the next ping is no strike. */
  forgive(): void {
    this.#forgiven = true
  }

  /** Counts a ping; whether it is one too many. */
  isTooMany(nowMs: number, callsOpen: boolean): boolean {
    const interval = nowMs - this.#last
    this.#last = nowMs
    if (this.#forgiven) {
      this.#forgiven = false
      this.#strikes = 0
      return false
    }
    if (interval < (callsOpen ? minIntervalMs : idleIntervalMs)) this.#strikes += 1
    return this.#strikes > maxStrikes
  }
}
