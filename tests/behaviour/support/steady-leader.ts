// The timing of clusters whose tests are about who leads, or need the same leader from call to call.

/** Keeps the leader where it is, even on a machine that stands still for a second. */
export const steadyLeader = { heartbeatMs: 100, electionMs: 3000 } as const
