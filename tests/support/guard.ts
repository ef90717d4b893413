// The guard: one small shell beside a test process that ends what the test started when the test process itself dies,
// however it dies (a crash, a timeout of the runner, SIGKILL). It waits on its standard input, which ends with the
// process that holds the other end.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'

const script = `
pids=' '
set --
while read -r verb value; do
  case $verb in
    end) pids="$pids$value " ;;
    spare) pids="\${pids%% $value *} \${pids#* $value }" ;;
    remove) set -- "$@" "$value" ;;
  esac
done
[ "$pids" = ' ' ] || kill -KILL $pids 2>/dev/null
tries=0
until [ $# -eq 0 ] || rm -rf "$@" 2>/dev/null || [ $tries -eq 50 ]; do
  # A process that was killed may write for a moment still.
  tries=$((tries + 1))
  sleep 0.1
done
`

let running: ChildProcessByStdio<Writable, null, null> | undefined

/** Has a process killed when this one dies. */
export function guardProcess(pid: number): void {
  tell(`end ${pid}`)
}

/** Takes back {@link guardProcess}: the process has ended, and its number may soon be another's. */
export function releaseProcess(pid: number): void {
  tell(`spare ${pid}`)
}

/** Has a folder removed when this process dies or ends. */
export function guardFolder(path: string): void {
  tell(`remove ${path}`)
}

function tell(line: string): void {
  running ??= startGuard()
  running.stdin.write(`${line}\n`)
}

function startGuard(): ChildProcessByStdio<Writable, null, null> {
  // A session of its own: Ctrl-C reaches the whole group in front, and must not reach the guard.
  const guard = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.unref()
  // A child's piped stdin is a socket; unlike Writable it can be told not to keep this process alive.
  const stdin = guard.stdin as Socket
  stdin.unref()
  // Somebody else killed the guard: the tests can go on without it.
  stdin.on('error', () => {})
  return guard
}
