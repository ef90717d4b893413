// Members as callers name them.

import { typeName } from '../key.ts'

/** A member: its id as a decimal string, or anything that has one, such as a `ClusterMember`. */
export type MemberRef = string | { readonly id: string }

/** The id of a member. Throws `TypeError` for what is none, `RangeError` for one beyond 64 bits. */
export function memberIdOf(member: MemberRef): string {
  const id = typeof member === 'object' && member !== null ? member.id : member
  if (typeof id !== 'string' || !decimal.test(id)) {
    const shown = typeof id === 'string' ? JSON.stringify(id) : typeName(member)
    throw new TypeError(`a member is a decimal string or has one as its id, not ${shown}`)
  }
  // With as many digits, text sorts as numbers do.
  if (id.padStart(highest.length, '0') > highest) {
    throw new RangeError(`the member id ${id} is beyond 64 bits`)
  }
  return id
}

/** As {@link memberIdOf}, for calls about one member: 0 is the id of none. */
export function oneMemberIdOf(member: MemberRef): string {
  const id = memberIdOf(member)
  if (/^0+$/.test(id)) throw new TypeError('no member has the id 0')
  return id
}

/** What a member is called in messages, whatever was given for one. */
export function describeMember(member: unknown): string {
  const id = typeof member === 'object' && member !== null && 'id' in member ? member.id : member
  return typeof id === 'string' ? id : typeName(member)
}

const decimal = /^\d{1,20}$/
const highest = '18446744073709551615'
