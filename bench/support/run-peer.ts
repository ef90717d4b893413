// Bundles a peer with the measuring loop, as a user's bundler would, and runs it in a process of its own.

import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Measurement, Workload } from './child.ts'

const bench = fileURLToPath(new URL('..', import.meta.url))

/** Bundled peers, ready to run. */
export interface PeerPrograms extends AsyncDisposable {
  run(peer: string, workload: Workload): Promise<Measurement>
}

/** Bundles peers by their file names in `bench/peers`. Without it the loader of the sources would be measured too. */
export async function bundlePeers(peers: readonly string[]): Promise<PeerPrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'etcdkit-bench-'))
  for (const peer of peers) {
    await build({
      stdin: {
        contents: `import { open } from './peers/${peer}.ts'\nimport { runChild } from './support/child.ts'\nawait runChild(open)`,
        resolveDir: bench,
        loader: 'ts',
      },
      bundle: true,
      platform: 'node',
      format: 'esm',
      conditions: ['etcdkit-source'],
      // CommonJS peers ask for `require`.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      outfile: join(folder, `${peer}.mjs`),
    })
  }
  return {
    run: (peer, workload) => run(join(folder, `${peer}.mjs`), workload),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

function run(program: string, workload: Workload): Promise<Measurement> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, JSON.stringify(workload)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.on('error', reject)
    child.on('close', (code) => {
      // What `child.ts` prints.
      if (code === 0) resolve(JSON.parse(output) as Measurement)
      else reject(new Error(`${program} ended with code ${code}`))
    })
  })
}
