// Runs a command of the system to its end, and finds one on PATH.

import { type ExecFileException, execFile } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where and with which environment a command runs. */
export interface RunOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
}

/** What a command wrote. */
export interface CommandOutput {
  readonly stdout: string
  readonly stderr: string
}

const maxOutputBytes = 64 * 1024 * 1024
const shownOutput = 2000

/**
 * Runs a command without a shell and resolves with its output. Messages are not translated (`LC_ALL=C`), so that
 * they can be read. Rejects with the command line and the end of what it wrote when it cannot start or fails.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<CommandOutput> {
  const env = { ...process.env, LC_ALL: 'C', ...options.env }
  const settings = { cwd: options.cwd, env, maxBuffer: maxOutputBytes, encoding: 'utf8' } as const
  return new Promise((resolve, reject) => {
    const child = execFile(command, [...args], settings, (error, stdout, stderr) => {
      if (error === null) resolve({ stdout, stderr })
      else reject(commandFailure([command, ...args].join(' '), error, stdout + stderr))
    })
    child.stdin?.end()
  })
}

function commandFailure(line: string, error: ExecFileException, output: string): Error {
  const status = error.signal ? `killed by ${error.signal}` : `exit code ${error.code ?? 'unknown'}`
  const written = output.trim().slice(-shownOutput)
  const fact = error.code === 'ENOENT' ? 'no such command' : `${status}${written && `\n${written}`}`
  return new Error(`Cannot run "${line}": ${fact}`, { cause: error })
}

/** The path of an executable file in one of PATH's folders, or undefined. */
export function findOnPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

/** Whether the path is a file which this user may run. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
