// The configuration of a 0.4 cluster.

/** How many members take part, and how long one that is silent stays: seconds. */
export interface AdminConfig {
  readonly activeSize: number
  readonly removeDelay: number
  readonly syncInterval: number
}

/** What holds until it is told otherwise. */
export const initialConfig: AdminConfig = { activeSize: 9, removeDelay: 1800, syncInterval: 5 }

const least: AdminConfig = { activeSize: 3, removeDelay: 2, syncInterval: 1 }

/** With what a client gives of it; what is no number is passed over, what is too small raised. */
export function changeConfig(config: AdminConfig, given: unknown): AdminConfig {
  const fields: Readonly<Record<string, unknown>> =
    typeof given === 'object' && given !== null ? { ...given } : {}
  const pick = (name: keyof AdminConfig): number => {
    const value = fields[name]
    return Math.max(least[name], typeof value === 'number' ? value : config[name])
  }
  return {
    activeSize: pick('activeSize'),
    removeDelay: pick('removeDelay'),
    syncInterval: pick('syncInterval'),
  }
}
