// Undoes what a sequence did to auth and alarms: auth off, no users and roles, the same auth revision, no alarm.

import {
  AlarmAction,
  AlarmResponse,
  Auth,
  AuthRoleListResponse,
  AuthUserListResponse,
  encodeUtf8,
  Maintenance,
  PermissionType,
} from '@etcdkit/protocol'
import { ask } from './ask.ts'
import type { Answer, Door } from './door.ts'

/** Does that to both. */
export async function undoOperations(doors: readonly [Door, Door]): Promise<void> {
  await Promise.all(doors.map(undo))
  for (;;) {
    const [one, other] = await Promise.all([authRevision(doors[0]), authRevision(doors[1])])
    // 3.4 does not tell.
    if (one === other || one === undefined || other === undefined) return
    const behind = one < other ? doors[0] : doors[1]
    await raiseAuthRevision(behind, Math.abs(one - other) % 2 === 1)
  }
}

async function undo(door: Door): Promise<void> {
  const lists = await Promise.all([
    door.call(Auth.userList, {}),
    door.call(Auth.roleList, {}),
    door.call(Maintenance.alarm, {}),
  ])
  if (lists.some(({ kind }) => kind === 'refusal')) {
    await turnAuthOff(door)
    await undo(door)
    return
  }
  const [users, roles, alarms] = lists.map((answer) => told(answer))
  await Promise.all([
    ...AuthUserListResponse.create(users).users.map((name) => ask(door, Auth.userDelete, { name })),
    ...AuthRoleListResponse.create(roles).roles.map((role) => ask(door, Auth.roleDelete, { role })),
    ...AlarmResponse.create(alarms).alarms.map(({ memberID, alarm }) =>
      ask(door, Maintenance.alarm, { action: AlarmAction.DEACTIVATE, memberID, alarm }),
    ),
  ])
}

function told(answer: Answer): object {
  return answer.kind === 'message' ? answer.message : {}
}

/** As root, who always has that password. */
async function turnAuthOff(door: Door): Promise<void> {
  const { token } = await ask(door, Auth.authenticate, { name: 'root', password: 'root' })
  await ask(door, Auth.authDisable, {}, { user: 'root', token })
}

/** Undefined where it is not told. */
async function authRevision(door: Door): Promise<number | undefined> {
  const answer = await door.call(Auth.authStatus, {})
  return answer.kind === 'message' && 'authRevision' in answer.message
    ? Number(answer.message.authRevision)
    : undefined
}

/** By two, or three. */
async function raiseAuthRevision(door: Door, byThree: boolean): Promise<void> {
  const perm = { permType: PermissionType.READ, key: encodeUtf8('a') }
  await ask(door, Auth.roleAdd, { name: 'passing' })
  if (byThree) await ask(door, Auth.roleGrantPermission, { name: 'passing', perm })
  await ask(door, Auth.roleDelete, { role: 'passing' })
}
