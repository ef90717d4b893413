// How large a page becomes that watches and puts by the JSON gateway, bundled for browsers as its author would.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

/** A page, bundled. */
export interface PageBundle {
  readonly gzippedBytes: number
  /** The modules it needs and has not: none of them is there in a browser. */
  readonly missing: readonly string[]
}

/** Bundles a page that uses a class of `etcdkit/gateway`, in a project where `etcdkit` is installed. */
export async function bundlePage(project: string, name: string): Promise<PageBundle> {
  const page = `
    import { ${name} } from 'etcdkit/gateway'
    const etcd = new ${name}(location.origin)
    await etcd.put('greeting', 'hello')
    for await (const event of etcd.watch('greeting')) document.title = event.key
  `
  await writeFile(join(project, 'page.mjs'), page)
  const { outputFiles, metafile } = await build({
    absWorkingDir: project,
    entryPoints: ['page.mjs'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'error',
  })
  const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
  return {
    gzippedBytes: gzipSync(outputFiles[0]?.contents ?? '').length,
    missing: imports.map(({ path }) => path),
  }
}
