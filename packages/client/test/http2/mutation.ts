// Recorded bytes, damaged: at random, and where it hurts.

import fc from 'fast-check'
import { parseFrames, rawFrame } from './frames.ts'

/** Damages bytes in a way of its own. */
export type Mutation = (bytes: Buffer) => Buffer

const place = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })
const span = fc.nat(60)

/** Turns a share of a whole into a place in it. */
function at(bytes: Uint8Array, share: number): number {
  return Math.floor(bytes.length * share)
}

const overwrite = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 4 })).map(
  ([share, octets]): Mutation =>
    (bytes) => {
      const start = at(bytes, share)
      return Buffer.concat([
        bytes.subarray(0, start),
        octets,
        bytes.subarray(start + octets.length),
      ])
    },
)

const truncate = place.map(
  (share): Mutation =>
    (bytes) =>
      bytes.subarray(0, at(bytes, share)),
)

const remove = fc.tuple(place, span).map(
  ([share, length]): Mutation =>
    (bytes) => {
      const start = at(bytes, share)
      return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)])
    },
)

const duplicate = fc.tuple(place, span, fc.integer({ min: 1, max: 3 })).map(
  ([share, length, times]): Mutation =>
    (bytes) => {
      const start = at(bytes, share)
      const part = bytes.subarray(start, start + length)
      const copies = Array.from({ length: times }, () => part)
      return Buffer.concat([bytes.subarray(0, start), ...copies, bytes.subarray(start)])
    },
)

const insert = fc.tuple(place, fc.uint8Array({ minLength: 1, maxLength: 40 })).map(
  ([share, octets]): Mutation =>
    (bytes) => {
      const start = at(bytes, share)
      return Buffer.concat([bytes.subarray(0, start), octets, bytes.subarray(start)])
    },
)

/** Changes one frame's header and leaves the others whole, so that the damage is no mere loss of step. */
const reframe = fc
  .record({
    share: place,
    type: fc.option(fc.nat(11)),
    flags: fc.option(fc.nat(255)),
    streamId: fc.option(fc.nat(30)),
    payload: fc.option(fc.uint8Array({ maxLength: 30 })),
  })
  .map(
    ({ share, ...change }): Mutation =>
      (bytes) =>
        onFrame(bytes, share, (frame) => [
          rawFrame({
            type: change.type ?? frame[3] ?? 0,
            flags: change.flags ?? frame[4] ?? 0,
            streamId: change.streamId ?? frame.readUInt32BE(5),
            payload: change.payload ?? frame.subarray(9),
          }),
        ]),
  )

/** Sends one frame twice, or not at all. */
const repeat = fc.tuple(place, fc.constantFrom(0, 2, 3)).map(
  ([share, times]): Mutation =>
    (bytes) =>
      onFrame(bytes, share, (frame) => Array.from({ length: times }, () => frame)),
)

function onFrame(bytes: Buffer, share: number, change: (frame: Buffer) => Buffer[]): Buffer {
  const parts = splitFrames(bytes)
  const index = Math.floor(parts.length * share)
  const frame = parts[index]
  if (frame === undefined || frame.length < 9) return bytes
  return Buffer.concat([...parts.slice(0, index), ...change(frame), ...parts.slice(index + 1)])
}

/** The frames as they are, and what is left. */
function splitFrames(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  let start = 0
  while (bytes.length - start >= 9) {
    const stop = start + 9 + bytes.readUIntBE(start, 3)
    if (stop > bytes.length) break
    parts.push(bytes.subarray(start, stop))
    start = stop
  }
  return [...parts, bytes.subarray(start)]
}

/** A few mutations, one after the other. */
export const mutations: fc.Arbitrary<Mutation> = fc
  .array(fc.oneof(overwrite, truncate, remove, duplicate, insert, reframe, repeat), {
    minLength: 1,
    maxLength: 5,
  })
  .map(
    (steps): Mutation =>
      (bytes) =>
        steps.reduce((damaged, step) => step(damaged), bytes),
  )

/** Lengths to cut bytes by, again and again. */
export const chunking: fc.Arbitrary<readonly number[]> = fc.array(
  fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20_000 })),
  { minLength: 1, maxLength: 6 },
)

/** Cuts bytes into chunks of these lengths. */
export function* cut(bytes: Buffer, lengths: readonly number[]): Generator<Buffer> {
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1
    yield bytes.subarray(start, start + length)
    start += length
  }
}

/** Whether a recording is what the mutations expect: whole frames. */
export function isWhole(bytes: Buffer): boolean {
  return parseFrames(bytes).rest.length === 0
}
