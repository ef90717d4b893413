// The one error of HPACK.

/**
 * A header block that cannot be decoded (RFC 7541): what both sides know of the dynamic table no longer agrees, so the
 * connection must end with COMPRESSION_ERROR (RFC 9113, 4.3). The message is the fact alone, for the caller to put
 * after its action and endpoint.
 */
export class HpackError extends Error {
  override readonly name = 'HpackError'
}
