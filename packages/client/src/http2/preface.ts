// What a client says first on a connection (RFC 9113 section 3.4): its preface, its SETTINGS, and the connection's window.

import { connectionPreface, defaultWindowBytes, FrameType, SettingId } from './constants.ts'
import type { Outbox } from './outbox.ts'
import { encodeSettings } from './settings.ts'

/** Says it. No header table is wanted, so that the server's header blocks carry no state, and no push. */
export function sendPreface(
  outbox: Outbox,
  bounds: {
    readonly streamWindow: number
    readonly connectionWindow: number
    readonly maxListSize: number
  },
): void {
  outbox.raw(connectionPreface)
  const settings = encodeSettings([
    [SettingId.headerTableSize, 0],
    [SettingId.enablePush, 0],
    [SettingId.initialWindowSize, bounds.streamWindow],
    [SettingId.maxHeaderListSize, bounds.maxListSize],
  ])
  outbox.frame(FrameType.settings, 0, 0, settings)
  const growth = bounds.connectionWindow - defaultWindowBytes
  if (growth > 0) outbox.word(FrameType.windowUpdate, 0, growth)
}
