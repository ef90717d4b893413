// The alarms, and what is refused while one is on.

import { AlarmAction, type AlarmMember, type AlarmRequest, AlarmType } from '@etcdkit/protocol'
import { refusal } from './refusal.ts'

/** The active alarms, each by member and kind. */
export class Alarms {
  #active: readonly AlarmMember[] = []

  /** All of them. */
  get active(): readonly AlarmMember[] {
    return this.#active
  }

  /** Does what is asked; answers with the alarms asked for, with the one that is on now, or was until now. */
  handle({ action, memberID, alarm }: AlarmRequest): readonly AlarmMember[] {
    if (action === AlarmAction.GET) {
      return alarm === AlarmType.NONE
        ? this.#active
        : this.#active.filter((each) => each.alarm === alarm)
    }
    const isIt = (each: AlarmMember) => each.memberID === memberID && each.alarm === alarm
    const found = this.#active.filter(isIt)
    if (action === AlarmAction.DEACTIVATE) {
      this.#active = this.#active.filter((each) => !isIt(each))
      return found
    }
    if (action !== AlarmAction.ACTIVATE || alarm === AlarmType.NONE) return []
    if (found.length > 0) return found
    const raised = { memberID, alarm }
    this.#active = [...this.#active, raised]
    return [raised]
  }

  /** Whether some member's data is known to be corrupt. */
  get corrupt(): boolean {
    return this.#has(AlarmType.CORRUPT)
  }

  /** Throws `corrupt-cluster` if nothing may be written. */
  assertWritable(): void {
    if (this.corrupt) throw refusal('corrupt-cluster')
  }

  /** Throws `corrupt-cluster` or `no-space` if nothing may be added. */
  assertRoom(): void {
    this.assertWritable()
    if (this.#has(AlarmType.NOSPACE)) throw refusal('no-space')
  }

  #has(alarm: AlarmType): boolean {
    return this.#active.length > 0 && this.#active.some((each) => each.alarm === alarm)
  }
}
