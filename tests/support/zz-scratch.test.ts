import { it } from 'node:test'
import { forEachServer } from './suites.ts'
import { failOnLeaks } from './leaks.ts'
import { createServer } from 'node:net'
forEachServer('scratch', () => {
  failOnLeaks()
  it('fails', () => { throw new Error('on purpose') })
  it('leaks', () => { createServer().listen(0).unref().ref(); const s = createServer().listen(0); setTimeout(() => s.close(), 3000) })
}, { only: ['etcd 3.5'] })
