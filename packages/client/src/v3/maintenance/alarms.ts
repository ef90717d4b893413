// Alarms: what is wrong with members, until somebody says it is not.

import {
  AlarmAction,
  type AlarmMember,
  type AlarmRequest,
  type AlarmResponse,
  AlarmType,
  Maintenance as MaintenanceService,
  type MessageInit,
  type Transport,
} from '@etcdkit/protocol'
import { type MemberRef, memberIdOf } from '../cluster/member-ref.ts'
import { typeName } from '../key.ts'
import type { ReadOptions, WriteOptions } from '../options.ts'
import { callService, nothing, readNames, writeNames } from '../service-call.ts'

/**
 * What is wrong: `no-space`, the database has reached its quota and takes no more writes; `corrupt`, the data differs from
 * the other members'. A kind that etcd has learned since is `alarm-` and its number.
 */
export type AlarmKind = 'no-space' | 'corrupt' | `alarm-${number}`

/** An alarm of a member. */
export interface Alarm {
  readonly kind: AlarmKind
  /** Id of the member, a decimal string. */
  readonly member: string
}

/** An alarm to raise or clear. */
export interface AlarmInput {
  readonly kind: AlarmKind
  readonly member: MemberRef
}

/**
 * The alarms of the cluster.
 *
 * @example
 * ```ts
 * import { Etcd } from 'etcdkit'
 *
 * await using etcd = new Etcd()
 * for (const { kind, member } of await etcd.maintenance.alarms.list()) console.log(kind, member)
 * await etcd.maintenance.alarms.disarmAll()
 * ```
 */
export class Alarms {
  readonly #transport: Transport

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport
  }

  /** The alarms of all members. */
  list(options?: ReadOptions): Promise<readonly Alarm[]> {
    return callService(this.#transport, MaintenanceService.alarm, {
      action: 'list the alarms',
      options,
      names: readNames,
      request: () => ({ action: AlarmAction.GET }),
      result: alarmsOf,
    })
  }

  /** Raises an alarm; one that is raised is fine. */
  activate(alarm: AlarmInput, options?: WriteOptions): Promise<void> {
    return callService(this.#transport, MaintenanceService.alarm, {
      action: 'activate an alarm',
      options,
      names: writeNames,
      request: () => alarmRequest(AlarmAction.ACTIVATE, alarm),
      result: nothing,
    })
  }

  /** Clears an alarm. Answers whether it was raised. One whose cause remains comes back. */
  disarm(alarm: AlarmInput, options?: WriteOptions): Promise<boolean> {
    return callService(this.#transport, MaintenanceService.alarm, {
      action: 'disarm an alarm',
      options,
      names: writeNames,
      request: () => alarmRequest(AlarmAction.DEACTIVATE, alarm),
      result: ({ alarms }) => alarms.length > 0,
    })
  }

  /** Clears all alarms there are, one after the other; answers those that were. */
  async disarmAll(options?: WriteOptions): Promise<readonly Alarm[]> {
    const disarmed: Alarm[] = []
    for (const alarm of await this.list(readOptionsOf(options))) {
      if (await this.disarm(alarm, options)) disarmed.push(alarm)
    }
    return disarmed
  }
}

// The list takes no `repeatable`: it only reads.
function readOptionsOf(options: WriteOptions | undefined): ReadOptions | undefined {
  if (typeof options !== 'object' || options === null) return options
  const { repeatable: _, ...others } = options
  return others
}

function alarmsOf({ alarms }: AlarmResponse): readonly Alarm[] {
  return alarms.map(({ memberID, alarm }: AlarmMember) => ({
    kind: kindOf(alarm),
    member: memberID,
  }))
}

function kindOf(alarm: AlarmType): AlarmKind {
  if (alarm === AlarmType.NOSPACE) return 'no-space'
  return alarm === AlarmType.CORRUPT ? 'corrupt' : `alarm-${alarm}`
}

function alarmRequest(action: AlarmAction, alarm: AlarmInput): MessageInit<AlarmRequest> {
  if (typeof alarm !== 'object' || alarm === null) {
    throw new TypeError(`an alarm is an object, not ${typeName(alarm)}`)
  }
  return { action, memberID: memberIdOf(alarm.member), alarm: numberOf(alarm.kind) }
}

function numberOf(kind: AlarmKind): AlarmType {
  if (kind === 'no-space') return AlarmType.NOSPACE
  if (kind === 'corrupt') return AlarmType.CORRUPT
  const number = /^alarm-(\d{1,9})$/.exec(String(kind))?.[1]
  if (number === undefined || Number(number) === AlarmType.NONE) {
    throw new TypeError(`the kind of an alarm is no-space or corrupt, not ${String(kind)}`)
  }
  return Number(number)
}
