// How long tests wait for what comes at once on a machine that has nothing else to do.

/** What a call may take, in milliseconds, unless its test says otherwise. */
export const patientMs = 20_000
