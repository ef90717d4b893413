// The peers as programs: ours and npm's bundled as a user's bundler would, Go's built where Go is.

import { spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { buildGo } from '../../tools/go/build.ts'
import { findGo } from '../../tools/go/find.ts'
import type { Job, Measurement } from './job.ts'
import { type ProfilePart, profileParts } from './profile.ts'
import type { PeerName } from './works.ts'

const bench = fileURLToPath(new URL('..', import.meta.url))
/** Beside it are the clients that only the suite has. */
export const npmPeers: string = join(bench, 'peers/npm/package.json')
/** What a job may take beside its seconds. */
const spareMs = 240_000

/** Programs, ready to run. */
export interface Programs extends AsyncDisposable {
  /** Those that could be made. */
  readonly names: ReadonlySet<PeerName>
  run(peer: PeerName, job: Job): Promise<Measurement>
  /** Does a job under a profiler, and tells who spent the time. Not of Go. */
  profile(peer: PeerName, job: Job): Promise<ProfilePart[]>
}

/** Makes the programs of the peers; tells of those that cannot be made. */
export async function makePrograms(
  wanted: readonly PeerName[],
  tell: (line: string) => void,
): Promise<Programs> {
  // Within the project, where what is not bundled is found.
  const cache = join(bench, '../node_modules/.cache')
  await mkdir(cache, { recursive: true })
  const folder = await mkdtemp(join(cache, 'etcdkit-bench-'))
  const names = new Set<PeerName>()
  for (const name of wanted) {
    try {
      await makeProgram(name, folder)
      names.add(name)
    } catch (error) {
      tell(`without ${name}: ${error instanceof Error ? error.message.split('\n')[0] : error}`)
    }
  }
  return {
    names,
    run: (peer, job) => run(folder, peer, job),
    profile: async (peer, job) => {
      const profile = join(folder, `${peer}.cpuprofile`)
      await run(folder, peer, { ...job, profile })
      return profileParts(profile, join(folder, `${peer}.mjs`))
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function makeProgram(name: PeerName, folder: string): Promise<void> {
  if (name === 'go') {
    if (findGo() === undefined) throw new Error('there is no Go here: npm run go')
    await buildGo(join(bench, 'peers/go'), join(folder, 'go'))
    return
  }
  if (name === 'node-etcd') installPeers()
  await build({
    stdin: {
      contents: `import { open } from './peers/suite/${name}.ts'\nimport { runChild } from './suite/child.ts'\nawait runChild(open)`,
      resolveDir: bench,
      loader: 'ts',
    },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['etcdkit-source'],
    logLevel: 'silent',
    // CommonJS peers ask for `require`.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; import { fileURLToPath as __pathOf } from 'node:url'; const require = __createRequire(import.meta.url); const __filename = __pathOf(import.meta.url); const __dirname = __pathOf(new URL('.', import.meta.url));",
    },
    outfile: join(folder, `${name}.mjs`),
    // Files that are read at run time stay where they are.
    external: name === 'etcd3' ? ['etcd3'] : [],
  })
}

function installPeers(): void {
  const cwd = dirname(npmPeers)
  if (existsSync(join(cwd, 'node_modules'))) return
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
  // What is not among the workspaces is not npm's business here, unless it is told.
  const { status, stderr } = spawnSync('npm', [...args, '--no-workspaces'], {
    cwd,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`npm cannot install it: ${stderr.trim().split('\n').at(-1)}`)
}

function run(folder: string, peer: PeerName, job: Job): Promise<Measurement> {
  const argument = JSON.stringify(job)
  const [command, args] =
    peer === 'go'
      ? [join(folder, 'go'), [argument]]
      : [process.execPath, [join(folder, `${peer}.mjs`), argument]]
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: job.seconds * 2000 + spareMs,
    })
    let output = ''
    let errors = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      // What `child.ts` prints.
      if (code === 0) resolve(JSON.parse(output) as Measurement)
      else reject(new Error(`${peer} ended with code ${code}: ${reasonIn(errors)}`))
    })
  })
}

// Node's last line is its version.
function reasonIn(errors: string): string {
  const lines = errors.trim().split('\n')
  return lines.find((line) => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? ''
}
