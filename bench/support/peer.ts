// What a client has to offer to be measured.

/** A connected client under measurement. */
export interface Peer {
  put(key: Uint8Array, value: Uint8Array): Promise<unknown>
  get(key: Uint8Array): Promise<unknown>
  /** Reads a prefix in one call, and touches every entry. Resolves with how many there are. */
  range(key: Uint8Array, rangeEnd: Uint8Array): Promise<number>
  close(): Promise<void>
}

/** Opens a client to one endpoint, `host:port` in cleartext. */
export type OpenPeer = (endpoint: string) => Promise<Peer>
