/**
 * How many bytes the requests hold that are under way, on all connections together: while the disk is slow, what clients
 * send faster than it writes would wait in memory.
 *
 * Spec: docs/protocol/relay.md §1.5.
 *
 * @module
 */

/** Requests up to this size are always taken: acknowledgements make room, and thousands of them are little. */
const SMALL_REQUEST = 1_024;

export class RequestBacklog {
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Counts a request of `bytes`; false, and nothing is counted, if there is no room for it. */
  enter(bytes: number): boolean {
    if (bytes > SMALL_REQUEST && this.#bytes + bytes > this.#maxBytes) {
      return false;
    }
    this.#bytes += bytes;
    return true;
  }

  /** To be called once for each that was let in. */
  leave(bytes: number): void {
    this.#bytes -= bytes;
  }
}
