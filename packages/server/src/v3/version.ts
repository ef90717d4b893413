// The version the server says it is.

/**
 * 3.6.0: the first with every answer given here, `storageVersion`, `downgradeInfo` and `hashRevision` among them, and
 * where 3.5 and later versions differ the later is followed. RangeStream is of 3.8, and answered all the same.
 */
export const serverVersion = '3.6.0'

/** The version of the API that the cluster agreed on, and of what it stores. */
export const clusterVersion = '3.6.0'
