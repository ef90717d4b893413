// What passwords are made into. Not etcd's bcrypt: nothing here is kept, and logging in should cost a test little.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { statusNumbers } from '@etcdkit/protocol'
import { refusal, StatusError } from './status.ts'

const saltBytes = 16
const keyBytes = 32
/** Less than a millisecond of another thread. */
const cost = { N: 256, r: 8, p: 1 }
/** As bcrypt has it: a longer one is refused, and of what is tried the rest does not count. */
const maxBytes = 72

const derive = promisify<Uint8Array, Uint8Array, number, typeof cost, Buffer>(scrypt)

/** A salt, and what it makes of the password. Rejects one that is too long as etcd does. */
export async function hashPassword(password: string): Promise<Uint8Array> {
  const bytes = Buffer.from(password)
  if (bytes.length > maxBytes) throw tooLong
  const salt = randomBytes(saltBytes)
  return Buffer.concat([salt, await derive(bytes, salt, keyBytes, cost)])
}

/** Whether a password is the one that was hashed. */
export async function isPassword(password: string, hash: Uint8Array): Promise<boolean> {
  if (hash.length !== saltBytes + keyBytes) return false
  const bytes = Buffer.from(password).subarray(0, maxBytes)
  const key = await derive(bytes, hash.subarray(0, saltBytes), keyBytes, cost)
  return timingSafeEqual(key, hash.subarray(saltBytes))
}

/** What a client has made of a password, in base64: nothing that fits one here, but told from what is no base64. */
export function readHash(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64')
  if (bytes.toString('base64') !== text) throw refusal('no-password-user')
  return bytes
}

const tooLong = new StatusError({
  status: statusNumbers.unknown,
  message: `bcrypt: password length exceeds ${maxBytes} bytes`,
})
