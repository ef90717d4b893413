// The one gate: everything a change must pass. Usage: npm run check -- [--no-tests]

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

interface Step {
  readonly name: string
  readonly command: readonly string[]
}

const root = fileURLToPath(new URL('..', import.meta.url))
const source = ['node', '--import', 'tsx', '--conditions=etcdkit-source']

const steps: readonly Step[] = [
  { name: 'format and lint', command: ['npx', 'biome', 'ci', '--colors=off', '.'] },
  { name: 'types', command: ['npx', 'tsc', '-p', '.'] },
  { name: 'types without Node', command: ['npx', 'tsc', '-p', 'tsconfig.portable.json'] },
  { name: 'generated code', command: [...source, 'tools/generate.ts', '--check'] },
  { name: 'floors', command: [...source, 'tools/floors/check.ts'] },
  { name: 'snippets', command: [...source, 'tools/snippets/check.ts'] },
  { name: 'dead code', command: ['npx', 'knip'] },
  { name: 'build', command: [...source, 'tools/build.ts'] },
  { name: 'packages', command: [...source, 'tools/packages/check.ts'] },
  { name: 'tests', command: [...source, 'tools/run-tests.ts', '--coverage'] },
]

const skipTests = process.argv.includes('--no-tests')
const failed = steps
  .filter((step) => !(skipTests && step.name === 'tests'))
  .filter((step) => !passes(step))
if (failed.length > 0)
  console.error(`\ncheck: failed: ${failed.map(({ name }) => name).join(', ')}`)
else console.log('\ncheck: all good')
process.exitCode = failed.length === 0 ? 0 : 1

function passes({ name, command: [program = '', ...args] }: Step): boolean {
  console.log(`\n== ${name}`)
  const begin = performance.now()
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' })
  console.log(
    `== ${name}: ${status === 0 ? 'ok' : 'FAILED'}, ${((performance.now() - begin) / 1000).toFixed(1)} s`,
  )
  return status === 0
}
